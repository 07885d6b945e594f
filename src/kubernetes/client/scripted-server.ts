import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterAccess } from './client.ts';

interface KeyPair {
  certificate: string;
  key: string;
}

type Request = { use: 'authority'; name: string } | { use: 'server'; name: string; hosts: readonly string[] };

/** The room kubernetes/pki's own; handed in, because this room does not depend on it. */
type Issue = (
  request: Request,
  validity: { notBeforeMs: number; notAfterMs: number },
  authority: KeyPair | undefined,
) => Promise<KeyPair>;

/** A real TLS server for tests, whose every answer the test writes itself. */
export interface ScriptedServer {
  server: Server;
  access: ClusterAccess;
  authority: KeyPair;
  /** Requests so far, as `METHOD /path?query`. */
  requests: string[];
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export async function startScriptedServer(issue: Issue, answer: Answer): Promise<ScriptedServer> {
  const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
  const authority = await issue({ use: 'authority', name: 'test' }, validity, undefined);
  const pair = await issue({ use: 'server', name: 'api', hosts: ['127.0.0.1', 'api.test'] }, validity, authority);
  const requests: string[] = [];
  const server = createServer(
    { cert: pair.certificate, key: pair.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      answer(request, response);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    authority,
    requests,
    access: { server: `https://127.0.0.1:${port}`, ca: authority.certificate, namespace: 'default' },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, value: unknown, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
