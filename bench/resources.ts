/**
 * `taffrail metrics-server` against a simulated cluster: kubelets and an API server in processes of their own.
 *
 *   node bench/resources.ts [--nodes 1000] [--rounds 6]
 *
 * TAFFRAIL_BENCH_METRICS_SERVER names a built metrics-server: it then runs against the same simulators, after ours.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage as Answer } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { openPki } from '../src/kubernetes/pki/pki.ts';
import { atEnd, type Cleanup, temporaryDirectory, until } from '../test/journeys/processes.ts';
import { type ClusterSize, podsOf } from './resources-cluster.ts';
import type { DelayFigures } from './resources-delay.ts';
import type { ReaderAnswer, ReaderQuestion } from './resources-reader.ts';
import { type MeasuredServer, startIdle, startOurs, startPeer, writeKubeconfig } from './resources-server.ts';
import { figuresOf } from './runs/process-figures.ts';
import { type Row, row, tableText } from './table.ts';

const RESOLUTION_MS = 15_000;
const SETTLE_ROUNDS = 2;
/** Rounds in which one pod is asked for again and again. */
const ASKING_ROUNDS = 2;
const ASKING_PAUSE_MS = 20;
const LISTS = 9;
const LIST_PAUSE_MS = 200;

interface Asked {
  cpuSeconds: number;
  roundSeconds: number;
  missed: number;
  residentBytes: number;
  peakResidentBytes: number;
  listMs: number;
  listBytes: number;
  onePodP99Ms: number;
}

type Get = (path: string) => Promise<Buffer>;

interface Asking {
  get: Get;
  reconnect(): void;
  /** By the process that only reads. */
  read(paths: string[], pauseMs: number): Promise<ReaderAnswer>;
}

export async function resources(t: Cleanup, nodes: number, rounds: number): Promise<Row[]> {
  const size: ClusterSize = { nodes, podsOfNode: 30, containersOfPod: 2 };
  const directory = temporaryDirectory(t, 'resources');
  const pki = await openPki(directory, systemClock);
  const { ports } = await ask<{ ports: number[] }>(start(t, 'kubelets'), { size, directory });
  const { port } = await ask<{ port: number }>(start(t, 'api'), { size, directory, ports });
  const { certificate, key } = await pki.client('bench', ['system:masters']);
  const server = `https://127.0.0.1:${port}`;
  const kubeconfig = writeKubeconfig({ directory, server, ca: pki.ca, certificate, key });
  const agent = new Agent({ keepAlive: true, cert: certificate, key, rejectUnauthorized: false });
  atEnd(t, () => agent.destroy());
  const reader = start(t, 'reader');
  const asking = (url: string): Asking => ({
    get: (path) => bodyOf(url + path, agent),
    reconnect: () => agent.destroy(),
    read: (paths, pauseMs) => ask(reader, { url, certificate, key, paths, pauseMs } satisfies ReaderQuestion),
  });

  const ours = await startOurs(t, directory, kubeconfig);
  const idle = startIdle(t);
  const delayed = async () => {
    idle.send('delay');
    ours.child.send('delay');
  };
  const measured = await measure(ours, asking(ours.url), size, rounds, delayed);
  const [loop, control] = await Promise.all([
    ask<DelayFigures>(ours.child, 'figures'),
    ask<DelayFigures>(idle, 'figures'),
  ]);
  ours.child.kill();
  await once(ours.child, 'exit');
  const binary = process.env.TAFFRAIL_BENCH_METRICS_SERVER;
  const rows = [
    ...rowsOf(measured, nodes, true),
    row('event loop delay, p99.9', loop.p999Ms, 20, ms),
    row('  of an idle process beside it', control.p999Ms, null, ms),
  ];
  if (!binary) return rows;
  const peer = await startPeer(t, binary, directory, kubeconfig);
  const peerRows = rowsOf(await measure(peer, asking(peer.url), size, rounds, async () => {}), nodes, false);
  return [...rows, ...peerRows.map((each) => ({ ...each, what: `metrics-server: ${each.what.trim()}` }))];
}

async function measure(
  server: MeasuredServer,
  { get, reconnect, read }: Asking,
  size: ClusterSize,
  rounds: number,
  beforeAsking: () => Promise<void>,
): Promise<Asked> {
  const pid = server.child.pid!;
  const count = size.nodes * size.podsOfNode;
  await until('the server is ready', async () => (await get('/readyz').catch(() => '')).toString() === 'ok', 120_000);
  // A connection from before it knew whose certificates to believe stays anonymous.
  reconnect();
  const listed = async () => JSON.parse((await get(listPath)).toString()).items.length as number;
  await until('all pods are served', async () => (await listed()) === count, 180_000, RESOLUTION_MS);
  await sleep(SETTLE_ROUNDS * RESOLUTION_MS);
  const before = { ...figuresOf(pid), missed: server.missed((await get('/metrics')).toString()) };
  await sleep(rounds * RESOLUTION_MS);
  const after = figuresOf(pid);
  const text = (await get('/metrics')).toString();
  await beforeAsking();
  const onePods = await read(onePodPaths(size), ASKING_PAUSE_MS);
  const lists = await read(new Array<string>(LISTS).fill(listPath), LIST_PAUSE_MS);
  return {
    cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / rounds,
    roundSeconds: server.roundSeconds(text),
    missed: server.missed(text) - before.missed,
    residentBytes: after.residentBytes,
    peakResidentBytes: figuresOf(pid).peakResidentBytes,
    listMs: percentile(lists.tookMs, 0.5),
    listBytes: lists.bodyBytes,
    onePodP99Ms: percentile(onePods.tookMs, 0.99),
  };
}

const listPath = '/apis/metrics.k8s.io/v1beta1/pods';

/** Of pods all over the cluster, as many as fit into the rounds. */
function onePodPaths(size: ClusterSize): string[] {
  const count = (ASKING_ROUNDS * RESOLUTION_MS) / ASKING_PAUSE_MS;
  return Array.from({ length: count }, (_, turn) => {
    const pods = podsOf((turn * 7) % size.nodes, size);
    const { namespace, name } = pods[turn % pods.length]!;
    return `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/${name}`;
  });
}

function rowsOf(asked: Asked, nodes: number, targets: boolean): Row[] {
  const target = (value: number) => (targets ? value : null);
  return [
    row(`scrape round of ${nodes} nodes, CPU`, asked.cpuSeconds, target(1.5), seconds),
    row('  wall time', asked.roundSeconds, target(4), seconds),
    row('  missed nodes', asked.missed, target(0), String),
    row('resident memory', asked.residentBytes, target(250e6), megabytes),
    row('  at its peak, with lists', asked.peakResidentBytes, null, megabytes),
    row(`list of all pods, ${megabytes(asked.listBytes)} of JSON`, asked.listMs, target(150), ms),
    row('one pod, p99, while scrapes run', asked.onePodP99Ms, target(2), ms),
  ];
}

const seconds = (value: number) => `${value.toFixed(2)} s`;
const ms = (value: number) => `${value.toFixed(1)} ms`;
const megabytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`;

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
}

async function bodyOf(url: string, agent: Agent): Promise<Buffer> {
  const outgoing = request(url, { agent, headers: { accept: 'application/json' } });
  outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [Answer];
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${Buffer.concat(chunks).toString()}`);
  return Buffer.concat(chunks);
}

function start(t: Cleanup, part: string): ChildProcess {
  const child = fork(join(import.meta.dirname, `resources-${part}.ts`), { execArgv: [], serialization: 'advanced' });
  atEnd(t, async () => {
    if (child.exitCode !== null) return;
    child.disconnect();
    await once(child, 'exit');
  });
  return child;
}

async function ask<T>(child: ChildProcess, question: object | string): Promise<T> {
  child.send(question);
  const [answer] = await once(child, 'message');
  return answer as T;
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const { values } = parseArgs({
    options: { nodes: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '6' } },
  });
  const endings: (() => unknown)[] = [];
  try {
    const rows = await resources({ after: (fn) => void endings.push(fn) }, Number(values.nodes), Number(values.rounds));
    console.log(tableText(rows));
  } finally {
    for (const end of endings) await end();
  }
}
