import { zstdDecompressSync } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import type { Nanos } from '../../base/nanotime.ts';
import { COLUMN_FLAGS, COLUMN_LENGTHS, COLUMN_TIMES, DELTA_NANOS_MAX, NEWLINE } from './columns.ts';
import type { BatchFrame } from './frame.ts';

/** Lines of a batch, taken apart. Line `i` is `text[starts[i], starts[i + 1] - 1)`: its newline is not part of it. */
export interface DecodedLines {
  text: Buffer;
  /** lineCount + 1 offsets. */
  starts: Uint32Array;
  times: BigInt64Array;
  flags: Uint8Array;
}

/** The text alone, to look for a needle before anything is taken apart. Throws Fault `corrupt`. */
export function decodeText(frame: BatchFrame): Buffer {
  return decompressed(frame.text, frame.header.textBytes, 'text');
}

/** Throws Fault `corrupt` where the parts do not agree with the header. */
export function decodeLines(frame: BatchFrame, text: Buffer = decodeText(frame)): DecodedLines {
  const { lineCount } = frame.header;
  const columns = columnsOf(decompressed(frame.columns, frame.header.columnsBytes, 'columns'));
  const lengths = columns.get(COLUMN_LENGTHS);
  return {
    text,
    starts: lengths ? startsFromLengths(lengths, lineCount, text.length) : startsFromNewlines(text, lineCount),
    times: timesFrom(required(columns, COLUMN_TIMES), lineCount, BigInt(frame.header.timeMin)),
    flags: flagsFrom(required(columns, COLUMN_FLAGS), lineCount),
  };
}

function startsFromNewlines(text: Buffer, lineCount: number): Uint32Array {
  const starts = new Uint32Array(lineCount + 1);
  let at = 0;
  for (let i = 1; i <= lineCount; i++) {
    const newline = text.indexOf(NEWLINE, at);
    if (newline < 0) throw corrupt(`line ${i} has no newline`);
    at = newline + 1;
    starts[i] = at;
  }
  if (at !== text.length) throw corrupt('there is text behind the last line');
  return starts;
}

function startsFromLengths(column: Buffer, lineCount: number, textBytes: number): Uint32Array {
  const reader = new VarintReader(column);
  const starts = new Uint32Array(lineCount + 1);
  let at = 0;
  for (let i = 1; i <= lineCount; i++) {
    at += reader.next() + 1;
    if (at > textBytes) throw corrupt('the lengths reach beyond the text');
    starts[i] = at;
  }
  if (at !== textBytes) throw corrupt('there is text behind the last line');
  return starts;
}

function timesFrom(column: Buffer, lineCount: number, base: Nanos): BigInt64Array {
  const reader = new VarintReader(column);
  const times = new BigInt64Array(lineCount);
  // Sums of deltas stay exact in a double up to 104 days; past that they are carried over into the bigint.
  let carried = base;
  let sum = 0;
  for (let i = 0; i < lineCount; i++) {
    const zigzag = reader.next();
    sum += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    if (Math.abs(sum) > DELTA_NANOS_MAX) {
      carried += BigInt(sum);
      sum = 0;
    }
    times[i] = carried + BigInt(sum);
  }
  return times;
}

function flagsFrom(column: Buffer, lineCount: number): Uint8Array {
  const flags = new Uint8Array(lineCount);
  const reader = new VarintReader(column);
  let at = 0;
  while (at < lineCount) {
    const value = reader.byte();
    const run = reader.next();
    if (run === 0 || at + run > lineCount) throw corrupt('the flags do not fit the number of lines');
    flags.fill(value, at, at + run);
    at += run;
  }
  return flags;
}

class VarintReader {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw corrupt('a column ends early');
    return value;
  }

  next(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
      if (scale > 2 ** 53) throw corrupt('a number in a column is too large');
    }
  }
}

function columnsOf(bytes: Buffer): Map<number, Buffer> {
  const columns = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    if (at + 5 > bytes.length) throw corrupt('a column ends early');
    const length = bytes.readUInt32LE(at + 1);
    if (at + 5 + length > bytes.length) throw corrupt('a column ends early');
    columns.set(bytes[at]!, bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return columns;
}

function required(columns: Map<number, Buffer>, id: number): Buffer {
  const found = columns.get(id);
  if (!found) throw corrupt(`column ${id} is missing`);
  return found;
}

function decompressed(bytes: Buffer, expectedBytes: number, what: string): Buffer {
  let result: Buffer;
  try {
    result = zstdDecompressSync(bytes, {
      chunkSize: Math.max(64, expectedBytes + 1),
      maxOutputLength: expectedBytes + 1,
    });
  } catch (error) {
    throw new Fault('corrupt', `the ${what} of a batch cannot be decompressed`, { cause: error });
  }
  if (result.length !== expectedBytes) throw corrupt(`the ${what} has ${result.length} bytes, not ${expectedBytes}`);
  return result;
}

function corrupt(why: string): Fault {
  return new Fault('corrupt', `a batch cannot be taken apart: ${why}`);
}
