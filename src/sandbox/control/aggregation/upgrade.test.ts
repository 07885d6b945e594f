import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { openPki } from '../../../kubernetes/pki/pki.ts';
import { type StartedPlane, scratchDirectory, startPlane } from '../started-plane.ts';
import { create, metricsPath, registration, untilReason } from './extension-under-test.ts';

type Cleanup = { after(end: () => unknown): void };
const discovery = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'metrics.k8s.io/v1beta1', resources: [] };

/** Sends back what it gets, after a greeting, once it has been asked for the protocol `echo`. */
async function startEcho(t: Cleanup, plane: StartedPlane) {
  const pki = await openPki(scratchDirectory(t), systemClock);
  const { certificate: cert, key } = await pki.server('serving', ['metrics-server.kube-system.svc']);
  const seen: IncomingHttpHeaders[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer({ cert, key }, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(discovery));
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('upgrade', (incoming, socket) => {
    seen.push(incoming.headers);
    sockets.add(socket);
    socket.on('error', () => {});
    if (incoming.headers.upgrade !== 'echo') {
      socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 7\r\nconnection: close\r\n\r\nno echo');
      return;
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Kept: yes\r\n\r\nhello ',
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { service, endpoints, apiService } = registration({ port, caBundle: Buffer.from(pki.ca).toString('base64') });
  for (const each of [service, endpoints, apiService]) await create(plane, each);
  await untilReason(plane, 'Passed');
  return { seen };
}

function ask({ plane }: StartedPlane, path: string, headers: Record<string, string>, method = 'POST') {
  const { access } = plane;
  const outgoing = request(`${plane.url}${path}`, {
    ca: access.ca,
    cert: access.clientCertificate,
    key: access.clientKey,
    agent: false,
    method,
    headers: { connection: 'Upgrade', ...headers },
  });
  outgoing.end();
  return outgoing;
}

test('a connection for another protocol is handed through both ways, in the name of who asks', async (t) => {
  const plane = await startPlane(t);
  const { seen } = await startEcho(t, plane);
  const headers = { upgrade: 'echo', 'x-remote-user': 'root', 'sec-websocket-key': 'k' };
  const outgoing = ask(plane, `${metricsPath}/namespaces/default/pods/web/exec?command=x`, headers);
  const [answer, socket, head] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Socket, Buffer];
  assert.deepEqual([answer.statusCode, answer.headers.upgrade, answer.headers['x-kept']], [101, 'echo', 'yes']);
  let text = String(head);
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write('one two');
  while (text !== 'hello one two') await once(socket, 'data');
  assert.equal(seen[0]!['x-remote-user'], 'taffrail-admin');
  assert.equal(seen[0]!['sec-websocket-key'], 'k');
  socket.destroy();
});

test('a protocol that the server does not speak is refused in its words; of ours none is changed', async (t) => {
  const plane = await startPlane(t);
  await startEcho(t, plane);
  const refused = ask(plane, `${metricsPath}/nodes/n/exec`, { upgrade: 'other' });
  const [answer] = (await once(refused, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  assert.deepEqual([answer.statusCode, text], [400, 'no echo']);
  const own = ask(plane, '/api/v1/namespaces', { upgrade: 'echo' }, 'GET');
  const [list] = (await once(own, 'response')) as [IncomingMessage];
  list.resume();
  assert.equal(list.statusCode, 200);
});

test('who may not is refused before the server hears of it', async (t) => {
  const plane = await startPlane(t);
  const { seen } = await startEcho(t, plane);
  const impersonating = { upgrade: 'echo', 'impersonate-user': 'bob' };
  const refused = ask(plane, `${metricsPath}/nodes/n/exec`, impersonating);
  const [answer] = (await once(refused, 'response')) as [IncomingMessage];
  answer.resume();
  assert.deepEqual([answer.statusCode, seen.length], [403, 0]);
});

test('the end of one side is the end of the other, and the control plane stops in spite of it', async (t) => {
  const plane = await startPlane(t);
  await startEcho(t, plane);
  const outgoing = ask(plane, `${metricsPath}/nodes/n/exec`, { upgrade: 'echo' });
  const [, socket] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Socket];
  socket.on('error', () => {});
  socket.resume();
  const ended = once(socket, 'close');
  await plane.plane.close();
  await ended;
});
