import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { issue, type KeyPair } from '../../kubernetes/pki/certificate.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTPS server whose every answer the test writes itself: a kubelet, or the API server. */
export interface TestServer {
  port: number;
  /** Connections so far. */
  connections: number;
  requests: string[];
  answer: Answer;
  close(): Promise<void>;
}

export interface TestPki {
  authority: KeyPair;
  server: KeyPair;
  access: Omit<ClusterAccess, 'server'>;
}

export async function testPki(): Promise<TestPki> {
  const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
  const authority = await issue({ use: 'authority', name: 'test' }, validity, undefined);
  const request = { use: 'server', name: 'kubelet', hosts: ['127.0.0.1'] } as const;
  const server = await issue(request, validity, authority);
  return { authority, server, access: { ca: authority.certificate, namespace: 'default' } };
}

export async function startTestServer(pair: KeyPair, answer: Answer): Promise<TestServer> {
  const started: TestServer = { port: 0, connections: 0, requests: [], answer, close };
  // Whoever shows a certificate is looked at; nobody has to.
  const asks = { requestCert: true, rejectUnauthorized: false };
  const server = createServer({ cert: pair.certificate, key: pair.key, ...asks }, (request, response) => {
    started.requests.push(`${request.method} ${request.url}`);
    started.answer(request, response);
  });
  server.on('secureConnection', () => void started.connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.port = (server.address() as AddressInfo).port;
  async function close() {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  return started;
}
