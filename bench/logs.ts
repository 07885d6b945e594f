/**
 * Logs beside a VictoriaLogs: the same lines by Loki's push to both and as an agent's batches to us, then twelve queries of the same meaning,
 * whose answers have to be equal.
 *
 *   node bench/logs.ts [--size 200M] [--runs 3] [--parts push,native,queries,tenfold,streams] [--only 'needle'] [--full]
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { atEnd, type Cleanup, temporaryDirectory } from '../test/journeys/processes.ts';
import { bytesOf, type Corpus, ensureCorpus } from './corpus.ts';
import { stepSeconds, type Times } from './logs/ask.ts';
import { askAll } from './logs/ask-all.ts';
import { type Loaded, pushAll, shipAll } from './logs/load.ts';
import { manyStreamRequests, manyStreams } from './logs/many-streams.ts';
import { Peer } from './logs/peers.ts';
import { type PushRequests, pushRequestsOf } from './logs/push-requests.ts';
import { queries } from './logs/queries.ts';
import { loadRows, memoryRow, queryRows, ratio, streamRows } from './logs/rows.ts';
import { tenfold } from './logs/tenfold.ts';
import { heading, type Row, row, tableText } from './table.ts';

const parts = ['push', 'native', 'queries', 'tenfold', 'streams'] as const;
type Part = (typeof parts)[number];
const tenfoldMax = 2;

export interface LogsBench {
  /** Of the CRI text. */
  bytes: number;
  /** Of each query, warm. */
  runs: number;
  /** Without `native` only what was pushed is queried. */
  parts: ReadonlySet<Part>;
  /** Queries whose names hold this. */
  only: string;
  /** Of the two corpora in which the rare needle is sought. */
  tenfoldBytes: readonly number[];
  /** How many times each of many streams is pushed to. */
  streamRounds: number;
}

/** The full form is that of the goals: a gigabyte, and ten of them for the rare needle. */
export function logsBench(full: boolean): LogsBench {
  const everything = new Set(parts);
  return full
    ? { bytes: 1e9, runs: 5, parts: everything, only: '', tenfoldBytes: [1e9, 1e10], streamRounds: 3 }
    : { bytes: 2e8, runs: 3, parts: everything, only: '', tenfoldBytes: [2e7, 2e8], streamRounds: 1 };
}

export async function logs(t: Cleanup, bench: LogsBench): Promise<Row[]> {
  const directory = temporaryDirectory(t, 'logs-bench');
  const corpus = ensureCorpus(bench.bytes);
  const requests = pushRequestsOf(corpus);
  const rows: Row[] = [];
  const { pushed, ...loaded } = await loadedPeers(t, directory, bench, corpus, requests, rows);
  const times = timesOf(requests);
  if (bench.parts.has('queries')) rows.push(...(await queried(bench, loaded.peers, times)));
  for (const { isOurs, name, peakBytes } of loaded.peers) {
    const their = loaded.peers.find((peer) => !peer.isOurs)?.peakBytes;
    if (isOurs) rows.push(memoryRow(`peak resident memory, ${name}`, peakBytes, their));
  }
  for (const peer of loaded.peers) await peer.close();
  if (bench.parts.has('tenfold')) rows.push(await tenfoldRow(t, join(directory, 'tenfold'), bench));
  if (bench.parts.has('streams')) rows.push(...(await manyStreamsRows(t, directory, bench, corpus, pushed)));
  return rows;
}

async function loadedPeers(
  t: Cleanup,
  directory: string,
  bench: LogsBench,
  corpus: Corpus,
  requests: PushRequests,
  rows: Row[],
): Promise<{ peers: Peer[]; pushed: Loaded }> {
  const ours = await started(t, Peer.ours('pushed', join(directory, 'pushed')));
  const pushed = await pushAll(ours, requests);
  const theirs = await startedIfAny(t, Peer.theirs(join(directory, 'victorialogs')));
  const theirLoad = theirs && (await pushAll(theirs, requests));
  let native: Peer | undefined;
  let shipped: Loaded | undefined;
  if (bench.parts.has('native')) {
    native = await started(t, Peer.ours("an agent's", join(directory, 'native')));
    shipped = await shipAll(t, native, corpus, join(directory, 'agent'));
  }
  rows.push(...loadRows(pushed, shipped, theirLoad));
  return { peers: [ours, native, theirs].filter((peer) => peer !== undefined), pushed };
}

async function queried(bench: LogsBench, peers: readonly Peer[], times: Times): Promise<Row[]> {
  const chosen = queries.filter(({ name }) => name.includes(bench.only));
  const figures = await askAll(peers, chosen, times, bench.runs);
  return peers.flatMap((peer, at) =>
    peer.isOurs ? [heading(`queries of lines that came as ${peer.name}`), ...queryRows(peers, figures, at)] : [],
  );
}

async function tenfoldRow(t: Cleanup, directory: string, bench: LogsBench): Promise<Row> {
  const [once, ten] = await tenfold(t, directory, bench.tenfoldBytes);
  const what = `rare needle in ten times the data (${once!.toFixed(1)} and ${ten!.toFixed(1)} ms)`;
  return row(what, ten! / once!, tenfoldMax, ratio);
}

async function manyStreamsRows(
  t: Cleanup,
  directory: string,
  bench: LogsBench,
  corpus: Corpus,
  few: Loaded,
): Promise<Row[]> {
  const requests = manyStreamRequests(corpus, bench.streamRounds);
  const ours = await started(t, Peer.ours('pushed', join(directory, 'many-streams')));
  const own = await manyStreams(ours, requests);
  await ours.stop();
  const theirs = await startedIfAny(t, Peer.theirs(join(directory, 'many-streams-victorialogs')));
  const their = theirs && (await manyStreams(theirs, requests));
  await theirs?.stop();
  const peak = memoryRow('  peak resident memory', ours.peakBytes, theirs?.peakBytes);
  return [...streamRows(own, few, their), peak];
}

async function startedIfAny(t: Cleanup, peer: Peer | undefined): Promise<Peer | undefined> {
  return peer && started(t, peer);
}

async function started(t: Cleanup, peer: Peer): Promise<Peer> {
  atEnd(t, () => peer.close());
  await peer.start();
  return peer;
}

/** Whole steps, so that both cut the time at the same places. */
function timesOf({ firstSeconds, lastSeconds }: PushRequests): Times {
  return {
    startSeconds: Math.floor(firstSeconds / stepSeconds) * stepSeconds,
    endSeconds: Math.ceil((lastSeconds + 1) / stepSeconds) * stepSeconds,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const { values } = parseArgs({
    options: {
      size: { type: 'string' },
      runs: { type: 'string' },
      parts: { type: 'string' },
      only: { type: 'string', default: '' },
      full: { type: 'boolean', default: false },
    },
  });
  const bench = logsBench(values.full);
  if (values.size) bench.bytes = bytesOf(values.size);
  if (values.runs) bench.runs = Number(values.runs);
  if (values.parts) bench.parts = new Set(values.parts.split(',').map(partOf));
  bench.only = values.only;
  const endings: (() => unknown)[] = [];
  try {
    console.log(tableText(await logs({ after: (fn) => void endings.push(fn) }, bench)));
  } finally {
    for (const end of endings) await end();
  }
}

function partOf(name: string): Part {
  const part = parts.find((each) => each === name);
  if (!part) throw new Error(`--parts ${name}: there are ${parts.join(', ')}`);
  return part;
}
