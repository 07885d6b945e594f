/** Asks the queries of every server in turn, and holds the answers against each other. */
import { type Answer, answerOf, ask, type Times } from './ask.ts';
import type { Peer } from './peers.ts';
import type { BenchQuery } from './queries.ts';

export interface QueryFigures {
  query: BenchQuery;
  /** By server, in the order of the servers. Cold: its process is new, and its files are not in memory. */
  coldMs: number[];
  /** The median. */
  warmMs: number[];
  cpuMs: number[];
  found: number;
}

/** Less is not told apart. */
const CPU_MS_MIN = 0.1;
/** A query that takes long is asked less often. */
const enoughMs = 4000;
/** One that takes little is asked for as long as this by every server, or so often: a few runs of a new process are those of its compiler. */
const leastMs = 1000;
const runsMax = 500;

export async function askAll(
  peers: readonly Peer[],
  queries: readonly BenchQuery[],
  times: Times,
  runs: number,
): Promise<QueryFigures[]> {
  const cold = new Map<BenchQuery, number[]>(queries.map((query) => [query, []]));
  for (const query of queries) {
    process.stderr.write(`bench: logs, cold: ${query.name}\n`);
    for (const peer of peers) {
      await peer.restartCold();
      cold.get(query)!.push((await timed(peer, query, times)).ms);
    }
  }
  const figures: QueryFigures[] = [];
  for (const query of queries) {
    process.stderr.write(`bench: logs, warm: ${query.name}\n`);
    figures.push({ query, coldMs: cold.get(query)!, ...(await askWarm(peers, query, times, runs)) });
  }
  return figures;
}

async function askWarm(
  peers: readonly Peer[],
  query: BenchQuery,
  times: Times,
  runs: number,
): Promise<Omit<QueryFigures, 'query' | 'coldMs'>> {
  const answers: Answer[] = [];
  // Asked once before it is measured, so that what compiles while it runs has done so.
  for (const peer of peers) answers.push(answerOf(peer, query, (await timed(peer, query, times)).text));
  compare(peers, query, answers);
  const took: number[][] = peers.map(() => []);
  const cpuMs = peers.map(() => 0);
  const isDone = (each: readonly number[]) =>
    each.length > 0 && (sum(each) > enoughMs || (each.length >= runs && sum(each) >= leastMs));
  for (let run = 0; run < runsMax && !took.every(isDone); run++) {
    for (const [at, peer] of peers.entries()) {
      // All of them are asked equally often, but for one that has taken too long already.
      if (sum(took[at]!) > enoughMs) continue;
      const { ms, cpuMs: cpu } = await timed(peer, query, times);
      took[at]!.push(ms);
      cpuMs[at]! += cpu;
    }
  }
  return {
    warmMs: took.map(median),
    cpuMs: cpuMs.map((cpu, at) => cpu / took[at]!.length),
    found: answers[0]!.length === 1 ? Number(answers[0]![0]) : answers[0]!.length,
  };
}

async function timed(
  peer: Peer,
  query: BenchQuery,
  times: Times,
): Promise<{ text: string; ms: number; cpuMs: number }> {
  const before = peer.cpuMs();
  const begun = performance.now();
  const text = await ask(peer, query, times);
  const ms = performance.now() - begun;
  const cpuMs = Math.max(peer.cpuMs() - before, CPU_MS_MIN);
  peer.figures();
  return { text, ms, cpuMs };
}

/** Throws where the answers differ: what compares different answers says nothing. */
function compare(peers: readonly Peer[], query: BenchQuery, answers: readonly Answer[]): void {
  for (const [at, answer] of answers.entries()) {
    const [first] = answers as [Answer];
    if (JSON.stringify(answer) === JSON.stringify(first)) continue;
    const odd = (own: Answer, other: Answer) => own.filter((row) => !other.includes(row)).slice(0, 3);
    throw new Error(
      `${query.name}: ${peers[0]!.name} gives ${first.length} rows, among them ${JSON.stringify(odd(first, answer))}; ` +
        `${peers[at]!.name} gives ${answer.length}, among them ${JSON.stringify(odd(answer, first))}`,
    );
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
