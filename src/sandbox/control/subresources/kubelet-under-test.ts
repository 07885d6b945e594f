import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { StartedPlane } from '../started-plane.ts';

/** A TLS server in a kubelet's place, as which the control plane's own kubelet certificate lets it pass: node `n`. */
export async function startKubelet(
  t: { after(end: () => void): void },
  { plane, call }: StartedPlane,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const { cert, key, clientCa } = plane.kubeletServing;
  const server = createServer({ cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
  const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  await call('POST', '/api/v1/nodes', { body: { metadata: { name: 'n' }, status } });
  return server;
}
