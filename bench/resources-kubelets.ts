/**
 * Many kubelets in a process of their own, one port each: HTTPS, gzip where it is asked for, as kubelets do it.
 * Started by bench/resources.ts; its first message names the size and the directory of the keys, its answer the ports.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { constants, gzipSync } from 'node:zlib';
import { systemClock } from '../src/base/clock.ts';
import { openPki } from '../src/kubernetes/pki/pki.ts';
import { type ClusterSize, KubeletPage } from './resources-cluster.ts';

process.on('disconnect', () => process.exit());
const [{ size, directory }] = (await once(process, 'message')) as [{ size: ClusterSize; directory: string }];
const pki = await openPki(directory, systemClock);
const { certificate, key } = await pki.server('kubelet', ['127.0.0.1', 'localhost']);
const pages = Array.from({ length: size.nodes }, (_, node) => new KubeletPage(node, size, Date.now()));
const nodeOfPort = new Map<number, number>();

const kubelet = createServer({ cert: certificate, key }, (request, response) => {
  const node = nodeOfPort.get(request.socket.localPort ?? 0)!;
  const page = Buffer.from(pages[node]!.text(Date.now()));
  const packed = request.headers['accept-encoding']?.includes('gzip') ?? false;
  const body = packed ? gzipSync(page, { level: constants.Z_BEST_SPEED }) : page;
  response.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    'content-length': body.length,
    ...(packed ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body);
});
kubelet.keepAliveTimeout = 90_000;

const ports: number[] = [];
for (let node = 0; node < size.nodes; node++) {
  // One TLS server behind all of the ports: what differs is only whose page it is.
  const listener = createListener((socket) => kubelet.emit('connection', socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  nodeOfPort.set(port, node);
  ports.push(port);
}
process.send!({ ports });
