/**
 * The full metrics pipeline beside a real Prometheus 3: remote write of a cluster's series, then a dashboard's range queries.
 *
 *   node bench/series.ts [--series 100000] [--hours 2] [--runs 7] [--alone]
 *
 * Both are real processes, get the same requests in turn, and are asked the same queries in turn; answers have to be equal. Prometheus is the
 * one that TAFFRAIL_BENCH_PROMETHEUS names, or that scripts/prometheus.sh has unpacked; without one, or with --alone, only our own figures are shown.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cleanup, temporaryDirectory, until } from '../test/journeys/processes.ts';
import { seriesOfCluster, Values } from './series/cluster.ts';
import { type Peer, startOurs, startPeer } from './series/peers.ts';
import { type QueryFigures, runDashboard } from './series/queries.ts';
import { Request, requestsOf } from './series/requests.ts';
import { type Row, row, tableText } from './table.ts';

const scrapeMs = 15_000;
const windowMs = 2 * 3_600_000;
/** Both cut what is older than this, at the latest, once there is something newer. */
const settledMs = 40 * 60_000;
/** A dashboard's range and step. */
const rangeMs = 3_600_000;
const cutTimeoutMs = 180_000;
const fullHours = 24;

export interface SeriesBench {
  series: number;
  hours: number;
  runs: number;
  /** Without a Prometheus. */
  alone?: boolean;
}

interface Written {
  samples: number;
  cpuSeconds: number;
  peakBytes: number;
  finalBytes: number;
}

export async function series(t: Cleanup, { series: count, hours, runs, alone }: SeriesBench): Promise<Row[]> {
  const directory = temporaryDirectory(t, 'series-bench');
  const ours = await startOurs(t, directory);
  const theirs = alone ? undefined : await startPeer(t, directory);
  const peers = theirs ? [ours, theirs] : [ours];
  // Whole stretches of two hours, of which the last is over, so that what is on disk at the end is blocks.
  const endMs = Math.floor((Date.now() - settledMs) / windowMs) * windowMs;
  const startMs = endMs - hours * 3_600_000;
  const written = await write(peers, count, startMs, endMs);
  const times = { startMs: endMs - Math.min(rangeMs, endMs - startMs), endMs: endMs - scrapeMs, stepMs: scrapeMs };
  const queries = await runDashboard(peers, times, runs);
  const diskBytes = await bytesAfterCutting(peers);
  return rowsOf(peers, written, queries, diskBytes);
}

/** Scrape by scrape, to each server in turn. */
async function write(peers: readonly Peer[], count: number, startMs: number, endMs: number): Promise<Written[]> {
  const random = seeded(1);
  const all = seriesOfCluster(count, random);
  const requests = requestsOf(all);
  const values = new Values(all, random);
  const before = peers.map((peer) => peer.figures());
  let scrapes = 0;
  for (let timeMs = startMs; timeMs < endMs; timeMs += scrapeMs, scrapes++) {
    values.step();
    for (const request of requests) request.fill(values.latest, timeMs);
    for (const peer of scrapes % 2 === 0 ? peers : peers.toReversed()) await peer.write(requests);
    if (scrapes % 40 === 0) process.stderr.write(`bench: series, ${new Date(timeMs).toISOString()}\n`);
  }
  return peers.map((peer, at) => {
    const { cpuSeconds, residentBytes, peakResidentBytes } = peer.figures();
    return {
      samples: scrapes * count,
      cpuSeconds: cpuSeconds - before[at]!.cpuSeconds,
      peakBytes: peakResidentBytes,
      finalBytes: residentBytes,
    };
  });
}

/** A sample of now lets both cut what was written; waits until they have. */
async function bytesAfterCutting(peers: readonly Peer[]): Promise<number[]> {
  const later = new Request([{ labels: [['__name__', 'later']], kind: 'constant', activity: 1 }], 0);
  later.fill(Float64Array.of(1), Date.now());
  const bytes: number[] = [];
  for (const peer of peers) {
    await peer.post(later.body);
    bytes.push(await until(`${peer.name} has cut blocks`, () => peer.blockBytes(), cutTimeoutMs, 1000));
  }
  return bytes;
}

function rowsOf(
  peers: readonly Peer[],
  written: readonly Written[],
  queries: readonly QueryFigures[],
  diskBytes: number[],
): Row[] {
  const [ours, theirs] = written as [Written, Written?];
  const rate = ({ samples, cpuSeconds }: Written) => samples / cpuSeconds;
  const perSample = diskBytes.map((bytes) => bytes / ours.samples);
  const beside = (text: string) => (theirs ? ` (Prometheus ${text})` : '');
  const rows = [
    row(
      `remote write of ${ours.samples / 1e6} million samples, of a CPU-second${beside(theirs ? thousands(rate(theirs)) : '')}`,
      rate(ours),
      theirs ? rate(theirs) : null,
      thousands,
      true,
    ),
    row(
      `  resident memory at its peak${beside(theirs ? megabytes(theirs.peakBytes) : '')}`,
      ours.peakBytes,
      theirs?.peakBytes ?? null,
      megabytes,
    ),
    row(
      `  resident memory at the end${beside(theirs ? megabytes(theirs.finalBytes) : '')}`,
      ours.finalBytes,
      theirs?.finalBytes ?? null,
      megabytes,
    ),
    row(
      `  disk, of a sample, in blocks${beside(theirs ? bytesText(perSample[1]!) : '')}`,
      perSample[0]!,
      1.4,
      bytesText,
    ),
    row(
      `  resident memory at its peak, with queries and blocks${beside(theirs ? megabytes(peers[1]!.figures().peakResidentBytes) : '')}`,
      peers[0]!.figures().peakResidentBytes,
      theirs ? peers[1]!.figures().peakResidentBytes : null,
      megabytes,
    ),
  ];
  for (const query of queries) rows.push(queryRow(query));
  if (theirs) {
    const wall = queries.map(({ medianMs: [a, b] }) => a! / b!);
    const cpu = queries.map(({ cpuMs: [a, b] }) => Math.max(a!, 1) / Math.max(b!, 1));
    rows.push(
      row('range queries, geometric mean of the ratios', geometricMean(wall), 1, ratio),
      row('  the worst of them', Math.max(...wall), 1.5, ratio),
      row('  in CPU time, geometric mean', geometricMean(cpu), null, ratio),
    );
  }
  return rows;
}

function queryRow({ name, medianMs: [ours, theirs], cpuMs: [ourCpu, theirCpu], points }: QueryFigures): Row {
  const cpu = (value: number) => `CPU ${value.toFixed(0)}`;
  const beside =
    theirs === undefined ? '' : `, Prometheus ${theirs.toFixed(1)} ms, ${cpu(theirCpu!)}: ${ratio(ours! / theirs)}`;
  const what = `query ${name}, ${points} points${beside}`;
  return row(what, ours!, null, (value) => `${value.toFixed(1)} ms, ${cpu(ourCpu!)}`);
}

const thousands = (value: number) => `${(value / 1000).toFixed(0)} k/s`;
const megabytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`;
const bytesText = (value: number) => `${value.toFixed(2)} B`;
const ratio = (value: number) => `${value.toFixed(2)}×`;

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** A generator with 32 bits of state (Mulberry32): the same figures in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const seriesBench = (full: boolean): SeriesBench => ({ series: 100_000, hours: full ? fullHours : 2, runs: 7 });

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const { values } = parseArgs({
    options: {
      series: { type: 'string', default: '100000' },
      hours: { type: 'string', default: '2' },
      runs: { type: 'string', default: '7' },
      alone: { type: 'boolean', default: false },
    },
  });
  const endings: (() => unknown)[] = [];
  try {
    const { alone } = values;
    const bench = { series: Number(values.series), hours: Number(values.hours), runs: Number(values.runs), alone };
    console.log(tableText(await series({ after: (fn) => void endings.push(fn) }, bench)));
  } finally {
    for (const end of endings) await end();
  }
}
