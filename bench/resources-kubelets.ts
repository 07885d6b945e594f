/**
 * Many kubelets in a process of their own, one port each: HTTPS, gzip where it is asked for, as kubelets do it.
 * Started by bench/resources.ts; its first message names the size and the directory of the keys, its answer the ports.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { constants as osConstants, setPriority } from 'node:os';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { systemClock } from '../src/base/clock.ts';
import { openPki } from '../src/kubernetes/pki/pki.ts';
import { type ClusterSize, KubeletPage } from './resources-cluster.ts';

export interface Span {
  fromMs: number;
  toMs: number;
}

/** The cores are those of the server that is measured, whose kubelets run elsewhere in a real cluster: a page is made between two rounds. */
const madeAfterMs = 5000;
/** Requests closer together than this are of one round. */
const pauseOfRoundsMs = 2000;

process.on('disconnect', () => process.exit());
// In a real cluster they run on other machines: the server that is measured need not wait for them.
setPriority(osConstants.priority.PRIORITY_LOW);
const [{ size, directory }] = (await once(process, 'message')) as [{ size: ClusterSize; directory: string }];
const pki = await openPki(directory, systemClock);
const { certificate, key } = await pki.server('kubelet', ['127.0.0.1', 'localhost']);
const pages = Array.from({ length: size.nodes }, (_, node) => new KubeletPage(node, size, Date.now()));
const nodeOfPort = new Map<number, number>();

const packed = pages.map((page) => packedNow(page));
/** Of the rounds so far, from the first request to the last answer; wall time. */
const rounds: Span[] = [];

const kubelet = createServer({ cert: certificate, key }, (request, response) => {
  const fromMs = Date.now();
  const node = nodeOfPort.get(request.socket.localPort ?? 0)!;
  const takesPacked = request.headers['accept-encoding']?.includes('gzip') ?? false;
  const body = takesPacked ? packed[node]! : gunzipSync(packed[node]!);
  response.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    'content-length': body.length,
    ...(takesPacked ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body, () => spanned(fromMs));
  setTimeout(() => {
    packed[node] = packedNow(pages[node]!);
  }, madeAfterMs);
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
process.on('message', () => process.send!(rounds));
process.send!({ ports });

function packedNow(page: KubeletPage): Buffer {
  return gzipSync(page.text(Date.now()), { level: constants.Z_BEST_SPEED });
}

function spanned(fromMs: number): void {
  const round = rounds.at(-1);
  if (round && fromMs - round.toMs < pauseOfRoundsMs) round.toMs = Date.now();
  else rounds.push({ fromMs, toMs: Date.now() });
}
