/**
 * The control of the answers for one pod: HTTPS as our server speaks it, and the same few bytes for whatever is asked. What is slow here is
 * the machine. Started by bench/resources.ts; its first message names the directory of the keys, its answer the port.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../src/base/clock.ts';
import { openPki } from '../src/kubernetes/pki/pki.ts';

/** About as long as one pod's metrics. */
const body = Buffer.alloc(512, ' ');

process.on('disconnect', () => process.exit());
const [{ directory }] = (await once(process, 'message')) as [{ directory: string }];
const pki = await openPki(directory, systemClock);
const { certificate, key } = await pki.server('control', ['127.0.0.1']);
const server = createServer({ cert: certificate, key, requestCert: true, rejectUnauthorized: false }, (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send!({ port: (server.address() as AddressInfo).port });
