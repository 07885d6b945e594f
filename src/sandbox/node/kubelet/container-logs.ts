import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Clock } from '../../../base/clock.ts';
import { type Nanos, parseRfc3339 } from '../../../base/nanotime.ts';
import type { LogOptions } from './log-options.ts';

export interface LogSource {
  path: string;
  /** Whether more may be written. */
  running: () => boolean;
}

const blockBytes = 64 * 1024;
const pollMs = 100;
const newline = 0x0a;
const space = 0x20;
/** A record longer than this is not one; what was written by hand into the file is cut here. */
const recordBytesMax = 1024 * 1024;

/**
 * What `kubectl logs` shows of one container instance: the newest file only, like the kubelet. While following, a rotated
 * file is read to its end before the new one is begun; it ends when the container has ended and all was read.
 */
export async function* readLogs(
  source: LogSource,
  options: LogOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let file = openSync(source.path, 'r');
  try {
    const out = new LogPrinter(options);
    let position = options.tailLines === undefined ? 0 : tailStart(file, options.tailLines);
    let left = options.follow ? undefined : options.tailLines;
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      // Asked before reading: what was written before the container ended is then read for certain.
      const running = source.running();
      const rotated = options.follow && isReplaced(file, source.path);
      for (let chunk = readBlock(file, position); chunk.length > 0 && !out.full; chunk = readBlock(file, position)) {
        position += chunk.length;
        const { records, tail } = split(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, left);
        rest = tail;
        if (left !== undefined) left -= records.length;
        const text = out.print(records);
        if (text.length > 0) yield text;
        if (signal.aborted || left === 0) return;
      }
      if (out.full || signal.aborted) return;
      if (rotated) {
        closeSync(file);
        file = openSync(source.path, 'r');
        position = 0;
        rest = Buffer.alloc(0);
        continue;
      }
      if (!options.follow || !running) return;
      await clock.sleep(pollMs, signal).catch(() => {});
    }
  } finally {
    closeSync(file);
  }
}

function readBlock(file: number, position: number): Buffer {
  const block = Buffer.allocUnsafe(blockBytes);
  return block.subarray(0, readSync(file, block, 0, blockBytes, position));
}

function isReplaced(file: number, path: string): boolean {
  const current = statSync(path, { bigint: true, throwIfNoEntry: false });
  return current !== undefined && current.ino !== fstatSync(file, { bigint: true }).ino;
}

/** Where the last `lines` records of the file begin. */
function tailStart(file: number, lines: number): number {
  let end = fstatSync(file).size;
  if (lines === 0) return end;
  let found = 0;
  const block = Buffer.allocUnsafe(blockBytes);
  while (end > 0) {
    const start = Math.max(0, end - blockBytes);
    const bytes = block.subarray(0, readSync(file, block, 0, end - start, start));
    for (let at = bytes.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1)) {
      if (found++ === lines) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

function split(bytes: Buffer, recordsMax: number | undefined): { records: Buffer[]; tail: Buffer } {
  const records: Buffer[] = [];
  let at = 0;
  while (recordsMax === undefined || records.length < recordsMax) {
    const end = bytes.indexOf(newline, at);
    if (end < 0) break;
    records.push(bytes.subarray(at, end + 1));
    at = end + 1;
  }
  const tail = bytes.subarray(at);
  return { records, tail: tail.length > recordBytesMax ? Buffer.alloc(0) : tail };
}

/** From CRI records to what the reader gets. A partial record is followed by its continuation, without a newline or a time. */
class LogPrinter {
  #options: LogOptions;
  #left: number;
  #atLineStart = true;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  get full(): boolean {
    return this.#left <= 0;
  }

  print(records: Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (const record of records) {
      if (this.full) break;
      const parsed = parse(record);
      // As the kubelet does: what is not a record is left out.
      if (!parsed || this.#tooOld(parsed.time)) continue;
      if (this.#options.timestamps && this.#atLineStart) this.#take(parts, Buffer.from(`${fixedNano(parsed.time)} `));
      this.#take(parts, parsed.text);
      this.#atLineStart = parsed.text.at(-1) === newline || parsed.text.length === 0;
    }
    return Buffer.concat(parts);
  }

  #tooOld(time: string): boolean {
    const { since } = this.#options;
    const nanos: Nanos | undefined = since === undefined ? undefined : parseRfc3339(time);
    return nanos !== undefined && since !== undefined && nanos < since;
  }

  #take(parts: Buffer[], bytes: Buffer): void {
    const taken = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= taken.length;
    parts.push(taken);
  }
}

function parse(record: Buffer): { time: string; text: Buffer } | undefined {
  const first = record.indexOf(space);
  const second = record.indexOf(space, first + 1);
  const third = record.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = record.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const partial = record[second + 1] === 0x50;
  return {
    time: record.toString('latin1', 0, first),
    text: record.subarray(third + 1, partial ? record.length - 1 : record.length),
  };
}

/** The kubelet prints nine digits, whatever the record has. */
function fixedNano(time: string): string {
  const match = /^(.{19})(?:\.(\d+))?(.*)$/.exec(time);
  return match ? `${match[1]}.${(match[2] ?? '').padEnd(9, '0')}${match[3]}` : time;
}
