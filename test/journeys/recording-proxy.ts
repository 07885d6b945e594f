/** Stands between a client and an API server, and keeps what was asked; tokens are passed on, and not kept. */
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ControlPlane } from '../../src/sandbox/control/control.ts';
import { atEnd, type Cleanup } from './processes.ts';

export interface RecordedRequest {
  method: string;
  url: string;
  accept: string;
  userAgent: string;
}

export interface RecordingProxy {
  url: string;
  requests: RecordedRequest[];
}

/** Serves with the control plane's own certificate, so that its authority is trusted here, too. */
export async function startRecordingProxy(
  t: Cleanup,
  plane: ControlPlane,
  serving: { cert: string; key: string },
): Promise<RecordingProxy> {
  const proxy: RecordingProxy = { url: '', requests: [] };
  const server = createServer(serving, (incoming, response) => {
    const { accept = '', 'user-agent': userAgent = '' } = incoming.headers;
    proxy.requests.push({ method: incoming.method!, url: incoming.url!, accept, userAgent });
    const outgoing = request(`${plane.url}${incoming.url}`, {
      ca: plane.access.ca,
      method: incoming.method,
      headers: incoming.headers,
      agent: false,
    });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  proxy.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
