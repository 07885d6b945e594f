import { Fault } from '../../base/fault.ts';
import type { Catalogue } from './catalogue.ts';
import type { ComparableLines } from './comparable-lines.ts';
import { lineCountOf, lineKey, picked, type StreamPush, timeOf } from './push-lines.ts';
import type { PushedReader } from './pushed-reader.ts';
import type { PushedBlockRow, PushedRunRow } from './pushed-rows.ts';
import type { PushedStreamLines } from './store.ts';

/**
 * How far one push looks for what is repeated: so much stored text, of blocks that reach over the times of its lines, newest first.
 * Lines beyond it are taken without being compared, and counted. docs/decisions/pushed-repeats.md says why.
 */
export const comparedTextBytesMax = 64 * 1024 * 1024;
/** Of a compact block little more is read than the times of its lines, and those lines that have one of the times that are sought. */
const COMPACT_SHARE = 1 / 16;
/** The same in runs of one stream. */
const comparedRunsMax = 4096;
const ATTEMPTS_MAX = 20;

/** What one push has left to look at. */
export interface CompareBudget {
  textBytes: number;
  readonly seen: Set<number>;
}

export function compareBudget(): CompareBudget {
  return { textBytes: comparedTextBytesMax, seen: new Set() };
}

/** What is later than everything held is new: the usual case, which reads nothing. */
export function isNewer(catalogue: Catalogue, { id, lines }: StreamPush): boolean {
  const known = catalogue.pushed.streams.get(id);
  return !known || timeOf(lines, lines.lineFrom ?? 0) > known.lastTime;
}

/**
 * Takes lines out of the push that the store holds already. A line is held as often as it occurs there at its time, so a push
 * that has it once more adds one. Gives how many could not be compared.
 */
export async function dropRepeats(
  catalogue: Catalogue,
  reader: PushedReader,
  stream: StreamPush,
  budget: CompareBudget,
): Promise<{ uncompared: number }> {
  const known = catalogue.pushed.streams.get(stream.id);
  if (!known) return { uncompared: 0 };
  const { lines } = stream;
  const times = timesOf(lines);
  const { compared, isWhole } = await heldAround(catalogue, reader, known.row, times, budget);
  if (compared.size > 0) stream.lines = withoutHeld(lines, times, compared);
  return { uncompared: isWhole ? 0 : lineCountOf(stream.lines) };
}

function timesOf(lines: PushedStreamLines): BigInt64Array {
  const { lineFrom = 0 } = lines;
  return BigInt64Array.from({ length: lineCountOf(lines) }, (_, i) => timeOf(lines, lineFrom + i));
}

/** Stored lines that have the time of a pushed one, by the index of the first pushed line of that time. */
type Compared = Map<number, string[]>;

async function heldAround(
  catalogue: Catalogue,
  reader: PushedReader,
  stream: number,
  times: BigInt64Array,
  budget: CompareBudget,
): Promise<{ compared: Compared; isWhole: boolean }> {
  // Blocks that are merged meanwhile are asked for again, all of them, so that no line is counted in two places.
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const compared: Compared = new Map();
    const runs = catalogue.pushed.runsAround(stream, times[0]!, times.at(-1)!, comparedRunsMax);
    const affordable = runs.filter(({ block }) => afford(block, budget));
    const isWhole = affordable.length === runs.length && runs.length < comparedRunsMax;
    let moved = false;
    for (const run of affordable) {
      const found = await reader.compare(run.block, (lines) => sameTimes(lines, run, times));
      // The lines of a block that turned out to be damaged may lie in another one by now.
      if (typeof found === 'string') moved = true;
      else add(found, compared);
      if (run.block.compact && typeof found === 'object') for (const key of found.keys) budget.textBytes -= key.length;
    }
    if (!moved) return { compared, isWhole };
  }
  throw new Fault('unavailable', 'blocks are merged faster than they can be compared');
}

function afford({ sequence, textBytes, compact }: PushedBlockRow, budget: CompareBudget): boolean {
  if (budget.seen.has(sequence)) return true;
  if (budget.textBytes <= 0) return false;
  budget.seen.add(sequence);
  budget.textBytes -= compact ? textBytes * COMPACT_SHARE : textBytes;
  return true;
}

/** Lines of a run that have the time of a pushed one, and the first pushed one of that time. */
interface SameTimes {
  pushed: number[];
  keys: string[];
}

function sameTimes(stored: ComparableLines, run: PushedRunRow, times: BigInt64Array): SameTimes {
  const pushed: number[] = [];
  const lines: number[] = [];
  let from = run.lineFrom;
  for (const { lineCount } of run.parts) {
    sameTimesOfPart(stored.times, from, from + lineCount, times, (i, line) => {
      pushed.push(i);
      lines.push(line);
    });
    from += lineCount;
  }
  return { pushed, keys: lines.length === 0 ? [] : stored.keysOf(lines) };
}

/** Both lie in the order of time, so the place in one is sought from the place in the other on. */
function sameTimesOfPart(
  stored: BigInt64Array,
  from: number,
  to: number,
  times: BigInt64Array,
  found: (pushed: number, line: number) => void,
): void {
  let at = from;
  for (let i = 0; i < times.length && at < to; i++) {
    const time = times[i]!;
    if (i > 0 && times[i - 1] === time) continue;
    at = firstNotBefore(stored, at, to, time);
    for (; at < to && stored[at] === time; at++) found(i, at);
  }
}

function add({ pushed, keys }: SameTimes, compared: Compared): void {
  for (const [at, i] of pushed.entries()) {
    const key = keys[at]!;
    const found = compared.get(i);
    if (found) found.push(key);
    else compared.set(i, [key]);
  }
}

function firstNotBefore(times: BigInt64Array, from: number, to: number, time: bigint): number {
  let low = from;
  let high = to;
  // Pushed again or nearly in order, the place is near: first in steps that double, then by halves.
  for (let step = 1; low + step < high; step *= 2) {
    if (times[low + step]! >= time) {
      high = low + step;
      break;
    }
    low += step;
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withoutHeld(lines: PushedStreamLines, times: BigInt64Array, compared: Compared): PushedStreamLines {
  const { lineFrom = 0 } = lines;
  const kept: number[] = [];
  let counts: Map<string, number> | undefined;
  for (let i = 0; i < times.length; i++) {
    if (i === 0 || times[i] !== times[i - 1]) counts = countsOf(compared.get(i));
    const key = counts && lineKey(lines, lineFrom + i);
    const count = key === undefined ? 0 : (counts!.get(key) ?? 0);
    if (count > 0) counts!.set(key!, count - 1);
    else kept.push(lineFrom + i);
  }
  return kept.length === times.length ? lines : picked(lines, Uint32Array.from(kept));
}

function countsOf(keys: readonly string[] | undefined): Map<string, number> | undefined {
  if (!keys) return undefined;
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
