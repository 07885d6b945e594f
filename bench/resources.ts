/**
 * The resource metrics pipeline against a simulated cluster: kubelets and an API server in processes of their own.
 *
 *   node bench/resources.ts [--nodes 1000] [--rounds 6]
 *
 * TAFFRAIL_BENCH_METRICS_SERVER names a built metrics-server: it then runs against the same simulators, one after the other.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { openPki } from '../src/kubernetes/pki/pki.ts';
import { atEnd, type Cleanup, temporaryDirectory } from '../test/journeys/processes.ts';
import type { ClusterSize } from './resources-cluster.ts';
import type { SubjectFigures } from './resources-subject.ts';
import { figuresOf } from './runs/process-figures.ts';
import { type Row, row, tableText } from './table.ts';

const RESOLUTION_MS = 15_000;
const SETTLE_ROUNDS = 2;

export async function resources(t: Cleanup, nodes: number, rounds: number): Promise<Row[]> {
  const size: ClusterSize = { nodes, podsOfNode: 30, containersOfPod: 2 };
  const directory = temporaryDirectory(t, 'resources');
  const pki = await openPki(directory, systemClock);
  const { ports } = await ask<{ ports: number[] }>(start(t, 'kubelets'), { size, directory });
  const { port } = await ask<{ port: number }>(start(t, 'api'), { size, directory, ports });
  const { certificate, key } = await pki.client('bench', ['system:masters']);
  const access = {
    server: `https://127.0.0.1:${port}`,
    ca: pki.ca,
    clientCertificate: certificate,
    clientKey: key,
    namespace: 'default',
  };
  const [subject, idle] = [start(t, 'subject'), start(t, 'subject')];
  await Promise.all([ask(subject, access), ask(idle, 'idle')]);
  await sleep(SETTLE_ROUNDS * RESOLUTION_MS + 1000);
  await Promise.all([ask<SubjectFigures>(subject, 'figures'), ask(idle, 'figures')]);
  const before = figuresOf(subject.pid!);
  const roundSeconds: number[] = [];
  const last = { missed: 0, pods: 0, listMs: 0, delayP999Ms: 0, delayMaxMs: 0, idleP999Ms: 0, idleMaxMs: 0 };
  for (let round = 0; round < rounds; round++) {
    await sleep(RESOLUTION_MS);
    const [figures, control] = await Promise.all([
      ask<SubjectFigures>(subject, 'figures'),
      ask<SubjectFigures>(idle, 'figures'),
    ]);
    roundSeconds.push(figures.roundSeconds);
    console.error(JSON.stringify(figures), control.delayP999Ms.toFixed(1), figuresOf(subject.pid!).residentBytes / 1e6);
    Object.assign(last, { missed: figures.missed, pods: figures.pods, listMs: figures.listMs });
    last.delayP999Ms = Math.max(last.delayP999Ms, figures.delayP999Ms);
    last.idleP999Ms = Math.max(last.idleP999Ms, control.delayP999Ms);
  }
  const after = figuresOf(subject.pid!);
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const megabytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`;
  return [
    row(`scrape round of ${nodes} nodes, CPU`, (after.cpuSeconds - before.cpuSeconds) / rounds, 1.5, seconds),
    row('  wall time, the longest', Math.max(...roundSeconds), 4, seconds),
    row('  missed nodes', last.missed, 0, String),
    row('resident memory', after.residentBytes, 250e6, megabytes),
    row('  at its peak', after.peakResidentBytes, null, megabytes),
    row('event loop delay, p99.9', last.delayP999Ms, 20, ms),
    row('  of an idle process beside it', last.idleP999Ms, null, ms),
  ];
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
