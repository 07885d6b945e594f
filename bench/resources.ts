/**
 * `taffrail metrics-server` against a simulated cluster: kubelets and an API server in processes of their own.
 *
 *   sh scripts/node.sh bench/resources.ts [--nodes 1000] [--rounds 6] [--quick] [--no-peer]
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
import type { Span } from './resources-kubelets.ts';
import type { ReaderAnswer, ReaderQuestion } from './resources-reader.ts';
import { type MeasuredServer, startIdle, startOurs, startPeer, writeKubeconfig } from './resources-server.ts';
import { figuresOf } from './runs/process-figures.ts';
import { type Row, row, tableText } from './table.ts';

export interface ResourcesBench {
  nodes: number;
  /** Rounds of which the CPU is taken. */
  rounds: number;
  /** Rounds before that: connections, caches and optimized code are made in them. */
  settleRounds: number;
  /** Rounds in which one pod is asked for again and again. */
  askingRounds: number;
  resolutionMs: number;
  /** A built metrics-server, to run against the same simulators, after ours. */
  peer: string | undefined;
}

export const fullBench: ResourcesBench = {
  nodes: 1000,
  rounds: 6,
  settleRounds: 2,
  askingRounds: 2,
  resolutionMs: 15_000,
  peer: process.env.TAFFRAIL_BENCH_METRICS_SERVER,
};

/** For who works at it: ten seconds are the least that the server takes. */
const quickBench: ResourcesBench = { ...fullBench, rounds: 2, settleRounds: 1, resolutionMs: 10_000, peer: undefined };

const ASKING_PAUSE_MS = 6;
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
  onePods: number;
  onePodP99Ms: number;
  /** Of those that were asked while kubelets were. */
  scrapingOnePods: number;
  scrapingOnePodP50Ms: number;
  scrapingOnePodP99Ms: number;
  /** Of a server that does nothing, asked in between. */
  controlP99Ms: number;
}

type Get = (path: string) => Promise<Buffer>;

interface Asking {
  get: Get;
  reconnect(): void;
  /** In which kubelets were asked. */
  spans(): Promise<Span[]>;
  /** By the process that only reads. */
  read(paths: string[], pauseMs: number): Promise<ReaderAnswer>;
  /** The same, and the control in between. */
  readBesideControl(paths: string[], pauseMs: number): Promise<ReaderAnswer>;
}

export async function resources(t: Cleanup, bench: ResourcesBench): Promise<Row[]> {
  const { nodes, resolutionMs, peer: binary } = bench;
  const size: ClusterSize = { nodes, podsOfNode: 30, containersOfPod: 2 };
  const directory = temporaryDirectory(t, 'resources');
  const pki = await openPki(directory, systemClock);
  const kubelets = start(t, 'kubelets');
  const { ports } = await ask<{ ports: number[] }>(kubelets, { size, directory });
  const { port } = await ask<{ port: number }>(start(t, 'api'), { size, directory, ports });
  const { certificate, key } = await pki.client('bench', ['system:masters']);
  const server = `https://127.0.0.1:${port}`;
  const kubeconfig = writeKubeconfig({ directory, server, ca: pki.ca, certificate, key });
  const agent = new Agent({ keepAlive: true, cert: certificate, key, rejectUnauthorized: false });
  atEnd(t, () => agent.destroy());
  const reader = start(t, 'reader');
  const control = await ask<{ port: number }>(start(t, 'control'), { directory });
  const controlUrl = `https://127.0.0.1:${control.port}`;
  const asking = (url: string): Asking => ({
    get: (path) => bodyOf(url + path, agent),
    reconnect: () => agent.destroy(),
    spans: () => ask<Span[]>(kubelets, 'spans'),
    read: (paths, pauseMs) => ask(reader, { url, certificate, key, paths, pauseMs } satisfies ReaderQuestion),
    readBesideControl: (paths, pauseMs) =>
      ask(reader, { url, controlUrl, certificate, key, paths, pauseMs } satisfies ReaderQuestion),
  });

  const ours = await startOurs(t, { directory, kubeconfig, resolutionMs });
  const idle = startIdle(t);
  const delayed = async () => {
    idle.send('delay');
    ours.child.send('delay');
  };
  const measured = await measure(ours, asking(ours.url), size, bench, delayed);
  const [loop, idleLoop] = await Promise.all([
    ask<DelayFigures>(ours.child, 'figures'),
    ask<DelayFigures>(idle, 'figures'),
  ]);
  ours.child.kill();
  await once(ours.child, 'exit');
  const rows = [
    ...rowsOf(measured, nodes, true),
    row('event loop delay, p99.9', loop.p999Ms, 20, ms),
    row('  of an idle process beside it', idleLoop.p999Ms, null, ms),
  ];
  if (!binary) return rows;
  const peer = await startPeer(t, binary, { directory, kubeconfig, resolutionMs });
  const peerRows = rowsOf(await measure(peer, asking(peer.url), size, bench, async () => {}), nodes, false);
  return [...rows, ...peerRows.map((each) => ({ ...each, what: `metrics-server: ${each.what.trim()}` }))];
}

async function measure(
  server: MeasuredServer,
  { get, reconnect, spans, read, readBesideControl }: Asking,
  size: ClusterSize,
  { rounds, settleRounds, askingRounds, resolutionMs }: ResourcesBench,
  beforeAsking: () => Promise<void>,
): Promise<Asked> {
  const pid = server.child.pid!;
  const count = size.nodes * size.podsOfNode;
  await until('the server is ready', async () => (await get('/readyz').catch(() => '')).toString() === 'ok', 120_000);
  // A connection from before it knew whose certificates to believe stays anonymous.
  reconnect();
  const listed = async () => JSON.parse((await get(listPath)).toString()).items.length as number;
  await until('all pods are served', async () => (await listed()) === count, 180_000, 1000);
  await sleep(settleRounds * resolutionMs);
  const before = { ...figuresOf(pid), missed: server.missed((await get('/metrics')).toString()) };
  await sleep(rounds * resolutionMs);
  const after = figuresOf(pid);
  const text = (await get('/metrics')).toString();
  await beforeAsking();
  const onePods = await readBesideControl(onePodPaths(size, askingRounds * resolutionMs), ASKING_PAUSE_MS);
  const lists = await read(new Array<string>(LISTS).fill(listPath), LIST_PAUSE_MS);
  return {
    cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / rounds,
    roundSeconds: server.roundSeconds(text),
    missed: server.missed(text) - before.missed,
    residentBytes: after.residentBytes,
    peakResidentBytes: figuresOf(pid).peakResidentBytes,
    listMs: percentile(lists.tookMs, 0.5),
    listBytes: lists.bodyBytes,
    onePods: onePods.tookMs.length,
    onePodP99Ms: percentile(onePods.tookMs, 0.99),
    ...scraping(onePods, await spans()),
  };
}

const listPath = '/apis/metrics.k8s.io/v1beta1/pods';

/** Of pods all over the cluster, as many as fit into the rounds. */
function onePodPaths(size: ClusterSize, durationMs: number): string[] {
  const count = Math.ceil(durationMs / (ASKING_PAUSE_MS + 1.5));
  return Array.from({ length: count }, (_, turn) => {
    const pods = podsOf((turn * 7) % size.nodes, size);
    const { namespace, name } = pods[turn % pods.length]!;
    return `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/${name}`;
  });
}

function scraping({ tookMs, controlTookMs, askedAtMs }: ReaderAnswer, spans: readonly Span[]) {
  const isScraping = (_: number, at: number) =>
    spans.some(({ fromMs, toMs }) => askedAtMs[at]! >= fromMs && askedAtMs[at]! <= toMs);
  const took = tookMs.filter(isScraping);
  return {
    scrapingOnePods: took.length,
    scrapingOnePodP50Ms: percentile(took, 0.5),
    scrapingOnePodP99Ms: percentile(took, 0.99),
    controlP99Ms: percentile(controlTookMs.filter(isScraping), 0.99),
  };
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
    row(`one pod while scrapes run, p99 of ${asked.scrapingOnePods}`, asked.scrapingOnePodP99Ms, target(2), ms),
    row('  median', asked.scrapingOnePodP50Ms, null, ms),
    row('  of a server that does nothing, p99', asked.controlP99Ms, null, ms),
    row(`one pod at any time, p99 of ${asked.onePods}`, asked.onePodP99Ms, null, ms),
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
    options: {
      nodes: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      peer: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const bench = { ...(values.quick ? quickBench : fullBench) };
  if (values.nodes !== undefined) bench.nodes = Number(values.nodes);
  if (values.rounds !== undefined) bench.rounds = Number(values.rounds);
  if (!values.peer) bench.peer = undefined;
  const endings: (() => unknown)[] = [];
  try {
    console.log(tableText(await resources({ after: (fn) => void endings.push(fn) }, bench)));
  } finally {
    for (const end of endings) await end();
  }
}
