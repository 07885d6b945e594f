import { Fault } from '../../base/fault.ts';
import { type LabelRecord, limits, pushedStreamId } from '../batch/batch.ts';
import type { PushedStreamLines, PushOutcome, PushWriter } from './store.ts';
import { namespaceOf } from './stream-index.ts';

/** Seconds that a time in nanoseconds of 64 bits can hold. */
const SECONDS_MAX = 9_223_372_035;

/** All lines of one stream in one push, by time; lines of the same time in the order in which they came. */
export interface StreamPush {
  id: string;
  lines: PushedStreamLines;
}

export function lineCountOf({ from, lineFrom = 0, lineTo = from.length }: PushedStreamLines): number {
  return lineTo - lineFrom;
}

export function timeOf({ seconds, nanos }: PushedStreamLines, line: number): bigint {
  return BigInt(seconds[line]!) * 1_000_000_000n + BigInt(nanos[line]!);
}

export function lineKey({ bytes, from, to }: PushedStreamLines, line: number): string {
  return bytes.toString('latin1', from[line], to[line]);
}

/** Sorts out what was pushed: by stream, by time, without what the writer may not write. Throws Fault `bad-request`. */
export function streamsOf(
  tenant: string,
  writer: PushWriter,
  entries: readonly PushedStreamLines[],
): { streams: StreamPush[]; refused: PushOutcome['refused'] } {
  const byId = new Map<string, StreamPush>();
  const repeated = new Map<StreamPush, PushedStreamLines[]>();
  const refused: PushOutcome['refused'] = [];
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    const namespace = namespaceOf(entry.labels);
    if (namespace !== null && writer.namespaces !== '*' && !writer.namespaces.includes(namespace)) {
      const message = `${writer.name} may not push to the namespace ${JSON.stringify(namespace)}`;
      refused.push({ index, reason: 'namespace', message });
      continue;
    }
    if (lineCountOf(entry) === 0) continue;
    check(entry);
    const id = idOf(tenant, entry);
    const known = byId.get(id);
    if (!known) byId.set(id, { id, lines: entry });
    else if (repeated.has(known)) repeated.get(known)!.push(entry);
    else repeated.set(known, [known.lines, entry]);
  }
  for (const [stream, own] of repeated) stream.lines = joined(own);
  const streams = [...byId.values()];
  for (const stream of streams) stream.lines = byTime(stream.lines);
  return { streams, refused };
}

/** Labels come again and again, and mostly for the same tenant. */
function idOf(tenant: string, { labels, memo }: PushedStreamLines): string {
  if (memo?.id !== undefined && memo.tenant === tenant) return memo.id;
  const id = pushedStreamId(tenant, labels);
  if (memo) {
    memo.tenant = tenant;
    memo.id = id;
  }
  return id;
}

function check({ from, to, seconds, lineFrom = 0, lineTo = from.length }: PushedStreamLines): void {
  for (let i = lineFrom; i < lineTo; i++) {
    const bytes = to[i]! - from[i]!;
    if (bytes >= limits.batchTextBytesMax)
      throw new Fault('bad-request', `a line of ${bytes} bytes is too long to be stored`);
    if (!(Math.abs(seconds[i]!) < SECONDS_MAX))
      throw new Fault('bad-request', `a time of ${seconds[i]} seconds does not fit 64 bits`);
  }
}

function byTime(lines: PushedStreamLines): PushedStreamLines {
  if (lines.isPacked) return lines;
  const { seconds, nanos, lineFrom = 0, lineTo = seconds.length } = lines;
  const compare = (a: number, b: number) => seconds[a]! - seconds[b]! || nanos[a]! - nanos[b]!;
  for (let i = lineFrom + 1; i < lineTo; i++) {
    if (compare(i - 1, i) <= 0) continue;
    // Sorting keeps the order of equal ones.
    return picked(lines, Uint32Array.from({ length: lineTo - lineFrom }, (_, line) => lineFrom + line).sort(compare));
  }
  return lines;
}

/** These lines alone, in this order. */
export function picked(lines: PushedStreamLines, which: Uint32Array): PushedStreamLines {
  const { labels, bytes, metadata } = lines;
  const pick = (column: ArrayLike<number>) => Array.from(which, (line) => column[line]!);
  return {
    ...{ labels, bytes, from: pick(lines.from), to: pick(lines.to), seconds: pick(lines.seconds) },
    nanos: pick(lines.nanos),
    ...(metadata && { metadata: { sets: metadata.sets, of: pick(metadata.of) } }),
  };
}

const withoutMetadata: readonly LabelRecord[] = [{}];

/** All lines, one entry's after the other's. */
function joined(entries: readonly PushedStreamLines[]): PushedStreamLines {
  const [{ labels, bytes }] = entries as [PushedStreamLines];
  const shared = entries.every((entry) => entry.bytes === bytes);
  const from: number[] = [];
  const to: number[] = [];
  const seconds: number[] = [];
  const nanos: number[] = [];
  const sets: LabelRecord[] = [];
  const of: number[] = [];
  // Entries of one request share their sets, which may be many.
  const setsFrom = new Map<readonly LabelRecord[], number>();
  let bytesBefore = 0;
  for (const entry of entries) {
    const own = entry.metadata?.sets ?? withoutMetadata;
    let setsBefore = setsFrom.get(own);
    if (setsBefore === undefined) {
      setsFrom.set(own, (setsBefore = sets.length));
      for (const set of own) sets.push(set);
    }
    const { lineFrom = 0, lineTo = entry.from.length } = entry;
    for (let i = lineFrom; i < lineTo; i++) {
      from.push(bytesBefore + entry.from[i]!);
      to.push(bytesBefore + entry.to[i]!);
      seconds.push(entry.seconds[i]!);
      nanos.push(entry.nanos[i]!);
      of.push(setsBefore + (entry.metadata?.of[i] ?? 0));
    }
    if (!shared) bytesBefore += entry.bytes.length;
  }
  const all = shared ? bytes : Buffer.concat(entries.map((entry) => entry.bytes));
  const hasMetadata = entries.some(({ metadata }) => metadata);
  return { labels, bytes: all, from, to, seconds, nanos, ...(hasMetadata && { metadata: { sets, of } }) };
}
