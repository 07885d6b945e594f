import { Fault } from '../../base/fault.ts';
import { type LabelRecord, limits, pushedStreamId } from '../batch/batch.ts';
import { namespaceOf } from './pushed-table.ts';
import type { PushedStreamLines, PushOutcome, PushWriter } from './store.ts';

/** Seconds that a time in nanoseconds of 64 bits can hold. */
const SECONDS_MAX = 9_223_372_035;

/** A line of a push: where its bytes are, and which place it has in the order of its stream. */
export interface PushedLine {
  source: PushedStreamLines;
  index: number;
  seconds: number;
  nanos: number;
}

/** All lines of one stream in one push, by time; lines of the same time in the order in which they came. */
export interface StreamPush {
  id: string;
  labels: LabelRecord;
  lines: PushedLine[];
}

export function timeOf({ seconds, nanos }: PushedLine): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

export function lineKey({ source, index }: PushedLine): string {
  return source.bytes.toString('latin1', source.from[index], source.to[index]);
}

export function metadataOf({ source, index }: PushedLine): LabelRecord | undefined {
  const { metadata } = source;
  return metadata?.sets[metadata.of[index]!];
}

/** Sorts out what was pushed: by stream, by time, without what the writer may not write. Throws Fault `bad-request`. */
export function streamsOf(
  tenant: string,
  writer: PushWriter,
  entries: readonly PushedStreamLines[],
): { streams: StreamPush[]; refused: PushOutcome['refused'] } {
  const byId = new Map<string, StreamPush>();
  const refused: PushOutcome['refused'] = [];
  for (const [index, entry] of entries.entries()) {
    const namespace = namespaceOf(entry.labels);
    if (namespace !== null && writer.namespaces !== '*' && !writer.namespaces.includes(namespace)) {
      const message = `${writer.name} may not push to the namespace ${JSON.stringify(namespace)}`;
      refused.push({ index, reason: 'namespace', message });
      continue;
    }
    if (entry.from.length === 0) continue;
    const id = pushedStreamId(tenant, entry.labels);
    let stream = byId.get(id);
    if (!stream) byId.set(id, (stream = { id, labels: entry.labels, lines: [] }));
    addLines(stream.lines, entry);
  }
  const streams = [...byId.values()];
  for (const { lines } of streams) if (!isSorted(lines)) lines.sort(byTime);
  return { streams, refused };
}

function addLines(lines: PushedLine[], source: PushedStreamLines): void {
  const { from, to, seconds, nanos } = source;
  for (let index = 0; index < from.length; index++) {
    const second = seconds[index]!;
    if (to[index]! - from[index]! >= limits.batchTextBytesMax)
      throw new Fault('bad-request', `a line of ${to[index]! - from[index]!} bytes is too long to be stored`);
    if (!(Math.abs(second) < SECONDS_MAX))
      throw new Fault('bad-request', `a time of ${second} seconds does not fit 64 bits`);
    lines.push({ source, index, seconds: second, nanos: nanos[index]! });
  }
}

function byTime(a: PushedLine, b: PushedLine): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

function isSorted(lines: readonly PushedLine[]): boolean {
  for (let i = 1; i < lines.length; i++) if (byTime(lines[i - 1]!, lines[i]!) > 0) return false;
  return true;
}
