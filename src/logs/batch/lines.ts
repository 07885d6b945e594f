import { constants as zlibConstants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import type { Nanos } from '../../base/nanotime.ts';
import { type BatchFrame, type BatchHeader, encodeBatchFrame } from './frame.ts';
import type { InstanceId, SegmentName } from './identity.ts';
import type { Cover } from './protocol.ts';

/** Bits of a line's flags. */
export const LINE_STDERR = 1;
/** The line was longer than the limit and was cut there. */
export const LINE_TRUNCATED = 2;
/** The record was not in the CRI format; it is kept as it stood in the file. */
export const LINE_MALFORMED = 4;
/** The container ended within the line: a final P without its F. */
export const LINE_UNTERMINATED = 8;

/*
 * Columns of a batch, each `u8 id, u32 bytes, content`, together one zstd frame:
 *   1 times    zigzag varints: nanoseconds since the line before (the first: since header.timeMin)
 *   2 flags    runs: flags byte, varint count
 *   3 lengths  varints; only where a line contains a newline, which a pushed line can
 * The text is the lines, each followed by a newline.
 */
const COLUMN_TIMES = 1;
const COLUMN_FLAGS = 2;
const COLUMN_LENGTHS = 3;

/** A jump between neighbouring lines that the times column can still hold: 26 days. */
const DELTA_NANOS_MAX = 2 ** 51;
const SECOND_NANOS = 1_000_000_000;
const DELTA_SECONDS_MAX = Math.floor(DELTA_NANOS_MAX / SECOND_NANOS) - 1;
const NEWLINE = 0x0a;
/** Log text becomes at least so many times smaller, mostly. */
const USUAL_RATIO = 7;
const COMPRESSED_CHUNK_BYTES_MIN = 1024;

/**
 * Collects lines and makes a batch frame of them. Invariant: `#text[0, #textBytes)` is whole lines with their newlines,
 * followed by the bytes of the line being built. Made once and reused: `finish` empties it.
 */
export class BatchBuilder {
  #text: Buffer;
  #textBytes = 0;
  #lineFrom = 0;
  #times: Buffer;
  #timesBytes = 0;
  #flags: number[] = [];
  #flagsLast = -1;
  #flagsRun = 0;
  #lengths: number[] = [];
  #newlineInside = false;
  #lineCount = 0;
  #stderrCount = 0;
  #previousSeconds = 0;
  #previousNanos = 0;
  // Numbers and not pairs: an array a line was a tenth of what an agent did.
  #firstSeconds = 0;
  #firstNanos = 0;
  #minSeconds = 0;
  #minNanos = 0;
  #maxSeconds = 0;
  #maxNanos = 0;

  constructor(initialBytes = 64 * 1024) {
    this.#text = Buffer.allocUnsafe(initialBytes);
    this.#times = Buffer.allocUnsafe(4096);
  }

  /** Bytes of text so far, newlines included, without the line being built. */
  get textBytes(): number {
    return this.#lineFrom;
  }

  get lineCount(): number {
    return this.#lineCount;
  }

  /** Bytes of memory that this builder holds on to. */
  get heldBytes(): number {
    return this.#text.length + this.#times.length;
  }

  /** False where the time is too far from the line before or from the first one: finish the batch first. */
  fits(seconds: number): boolean {
    return (
      this.#lineCount === 0 ||
      (Math.abs(seconds - this.#previousSeconds) < DELTA_SECONDS_MAX &&
        Math.abs(seconds - this.#firstSeconds) < DELTA_SECONDS_MAX)
    );
  }

  /** Adds `source[from, to)` to the line being built; the bytes are copied. */
  append(source: Buffer, from: number, to: number): void {
    const end = this.#textBytes + (to - from) + 1;
    if (end > this.#text.length) this.#text = grown(this.#text, end);
    source.copy(this.#text, this.#textBytes, from, to);
    this.#textBytes = end - 1;
  }

  /** Ends the line. `seconds` since 1970 may be negative; `nanos` is in [0, 1e9). `mayHoldNewline`: the line's bytes were not split at newlines. */
  endLine(seconds: number, nanos: number, flags: number, mayHoldNewline = false): void {
    if (mayHoldNewline || this.#newlineInside) this.#noteLength(mayHoldNewline);
    this.#text[this.#textBytes++] = NEWLINE;
    this.#lineFrom = this.#textBytes;
    if (this.#lineCount++ === 0) {
      this.#firstSeconds = this.#minSeconds = this.#maxSeconds = seconds;
      this.#firstNanos = this.#minNanos = this.#maxNanos = nanos;
    } else {
      if (this.#timesBytes + 10 > this.#times.length) this.#times = grown(this.#times, this.#times.length * 2);
      const delta = (seconds - this.#previousSeconds) * SECOND_NANOS + (nanos - this.#previousNanos);
      this.#timesBytes = writeZigzag(this.#times, this.#timesBytes, delta);
      if (delta < 0) this.#lower(seconds, nanos);
      else if (seconds > this.#maxSeconds || (seconds === this.#maxSeconds && nanos > this.#maxNanos)) {
        this.#maxSeconds = seconds;
        this.#maxNanos = nanos;
      }
    }
    this.#previousSeconds = seconds;
    this.#previousNanos = nanos;
    this.#stderrCount += flags & LINE_STDERR;
    if (flags !== this.#flagsLast) {
      this.#flags.push(flags, 1);
      this.#flagsLast = flags;
      this.#flagsRun = this.#flags.length - 1;
    } else this.#flags[this.#flagsRun]!++;
  }

  #lower(seconds: number, nanos: number): void {
    if (seconds > this.#minSeconds || (seconds === this.#minSeconds && nanos >= this.#minNanos)) return;
    this.#minSeconds = seconds;
    this.#minNanos = nanos;
  }

  /** Makes the frame and empties the builder. There must be at least one line and none in the making. */
  finish(
    instance: InstanceId,
    order: { segment: SegmentName; offset: number },
    covers: Cover[],
    compressionLevel = 1,
  ): Buffer {
    const columns = this.#columns();
    const header: BatchHeader = {
      instance,
      covers,
      order,
      lineCount: this.#lineCount,
      stderrCount: this.#stderrCount,
      timeMin: decimal(this.#minSeconds, this.#minNanos),
      timeMax: decimal(this.#maxSeconds, this.#maxNanos),
      textBytes: this.#textBytes,
      columnsBytes: columns.length,
    };
    const frame = encodeBatchFrame(
      header,
      compressed(columns, compressionLevel),
      compressed(this.#text.subarray(0, this.#textBytes), compressionLevel),
    );
    this.#reset();
    return frame;
  }

  #columns(): Buffer {
    const offset = Buffer.allocUnsafe(10);
    const firstDelta = (this.#firstSeconds - this.#minSeconds) * SECOND_NANOS + (this.#firstNanos - this.#minNanos);
    const offsetBytes = writeZigzag(offset, 0, firstDelta);
    const runs: number[] = [];
    for (let i = 0; i < this.#flags.length; i += 2) {
      runs.push(this.#flags[i]!);
      pushVarint(runs, this.#flags[i + 1]!);
    }
    const parts = [
      column(COLUMN_TIMES, [offset.subarray(0, offsetBytes), this.#times.subarray(0, this.#timesBytes)]),
      column(COLUMN_FLAGS, [Buffer.from(runs)]),
    ];
    if (this.#newlineInside) {
      const lengths: number[] = [];
      for (const length of this.#lengths) pushVarint(lengths, length);
      parts.push(column(COLUMN_LENGTHS, [Buffer.from(lengths)]));
    }
    return Buffer.concat(parts.flat());
  }

  /** Lengths are noted from the first line that may hold a newline on; those before it are found by their newlines. */
  #noteLength(mayHoldNewline: boolean): void {
    if (!this.#newlineInside) {
      if (!mayHoldNewline || this.#text.subarray(this.#lineFrom, this.#textBytes).indexOf(NEWLINE) < 0) return;
      this.#newlineInside = true;
      for (let from = 0; from < this.#lineFrom; ) {
        const to = this.#text.indexOf(NEWLINE, from);
        this.#lengths.push(to - from);
        from = to + 1;
      }
    }
    this.#lengths.push(this.#textBytes - this.#lineFrom);
  }

  #reset(): void {
    this.#textBytes = this.#lineFrom = this.#timesBytes = this.#lineCount = this.#stderrCount = 0;
    this.#flags = [];
    this.#flagsLast = -1;
    this.#lengths = [];
    this.#newlineInside = false;
  }
}

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

function column(id: number, parts: Buffer[]): Buffer[] {
  const head = Buffer.allocUnsafe(5);
  head[0] = id;
  head.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 0),
    1,
  );
  return [head, ...parts];
}

function writeZigzag(target: Buffer, at: number, delta: number): number {
  let value = delta >= 0 ? delta * 2 : -delta * 2 - 1;
  while (value >= 0x10000000) {
    target[at++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  let small = value | 0;
  while (small >= 0x80) {
    target[at++] = (small & 0x7f) | 0x80;
    small >>>= 7;
  }
  target[at++] = small;
  return at;
}

function pushVarint(target: number[], value: number): void {
  while (value >= 0x80) {
    target.push((value % 128) | 0x80);
    value = Math.floor(value / 128);
  }
  target.push(value);
}

function decimal(seconds: number, nanos: number): string {
  return (BigInt(seconds) * BigInt(SECOND_NANOS) + BigInt(nanos)).toString();
}

function grown(buffer: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(bytes, buffer.length * 2));
  buffer.copy(larger);
  return larger;
}

function compressed(bytes: Buffer, level: number): Buffer {
  return zstdCompressSync(bytes, {
    // Output that mostly fits one chunk, and a size known before, save zstd a copy: a tenth of its time.
    chunkSize: Math.ceil(bytes.length / USUAL_RATIO) + COMPRESSED_CHUNK_BYTES_MIN,
    pledgedSrcSize: bytes.length,
    params: { [zlibConstants.ZSTD_c_compressionLevel]: level },
  });
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
