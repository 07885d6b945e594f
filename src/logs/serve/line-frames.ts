import { Fault } from '../../base/fault.ts';
import type { DecodedLines } from '../batch/batch.ts';
import type { PickedLines } from './picked-lines.ts';

/*
 * The stream of lines that the server answers with: frames of `u32 bytes, u8 type, payload`, where `bytes` counts type and
 * payload. docs/formats/lines.md draws it. Integers are little-endian.
 */
export const frameTypes = {
  /** JSON: an instance, with the index by which lines name it. */
  instance: 1,
  /** Runs of lines, one after another, see RunBuilder. */
  lines: 2,
  /** JSON Notice. */
  notice: 3,
  /** JSON Cursor: where to go on if the stream breaks off behind this. */
  cursor: 4,
  /** Nothing has happened, and the server is alive. */
  heartbeat: 5,
  /** The answer is whole. A stream that ends without it has broken off. */
  end: 6,
  /** JSON {code, message, hint?}: the answer ends here, and is not whole. */
  error: 7,
} as const;

/** The server never sends a larger frame; a client refuses one. A frame of lines holds at least one line, whatever its size. */
export const frameBytesMax = 16 * 1024 * 1024;
const headBytes = 5;
const runHeadBytes = 12;
/** Time, end and flags of a line. */
const lineHeadBytes = 13;
/** A frame of lines is sent when its text has grown to this. */
const frameTextBytes = 64 * 1024;
const frameLinesMax = 4096;
const NEWLINE = 0x0a;

export function jsonFrame(type: number, value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  const frame = Buffer.allocUnsafe(headBytes + payload.length);
  frame.writeUInt32LE(payload.length + 1, 0);
  frame[4] = type;
  payload.copy(frame, headBytes);
  return frame;
}

export function emptyFrame(type: number): Buffer {
  return Buffer.from([1, 0, 0, 0, type]);
}

/**
 * Collects runs of lines into a frame. A run is lines of one instance: u32 instance index, u32 n lines, u32 m bytes of text,
 * n × i64 nanoseconds, n × u32 where the line ends in the text, n × u8 flags, text (each line followed by a newline).
 * Invariant: `#runs` hold the first `#lines` of the columns and the first `#textBytes` of the text, in order.
 */
export class LinesFrameBuilder {
  #runs: { instance: number; lines: number; textBytes: number }[] = [];
  #times = new BigInt64Array(frameLinesMax);
  #lengths = new Uint32Array(frameLinesMax);
  #flags = new Uint8Array(frameLinesMax);
  #lines = 0;
  #text = Buffer.allocUnsafe(frameTextBytes);
  #textBytes = 0;

  get isEmpty(): boolean {
    return this.#lines === 0;
  }

  get isFull(): boolean {
    return this.#lines === frameLinesMax || this.#textBytes >= frameTextBytes;
  }

  /** Adds of `picked.lines[from, to)` as many as there is room for, at least one unless it is full; returns where it stopped. */
  add(instance: number, { block, lines }: PickedLines, from: number, to: number): number {
    let at = from;
    while (at < to && !this.isFull) {
      const first = lines[at]!;
      const count = this.#neighbours(lines, block.starts, at, to);
      this.#append(instance, block, first, first + count);
      at += count;
    }
    return at;
  }

  /** How many lines from `at` on lie beside each other in the block and fit. */
  #neighbours(lines: Uint32Array, starts: Uint32Array, at: number, to: number): number {
    const first = lines[at]!;
    const most = Math.min(to - at, frameLinesMax - this.#lines);
    const textEnd = starts[first]! + frameTextBytes - this.#textBytes;
    let count = 1;
    while (count < most && lines[at + count] === first + count && starts[first + count]! < textEnd) count++;
    return count;
  }

  #append(instance: number, { text, starts, times, flags }: DecodedLines, first: number, end: number): void {
    const from = starts[first]!;
    const bytes = starts[end]! - from;
    if (this.#textBytes + bytes > this.#text.length) this.#grow(this.#textBytes + bytes);
    text.copy(this.#text, this.#textBytes, from, from + bytes);
    this.#times.set(times.subarray(first, end), this.#lines);
    this.#flags.set(flags.subarray(first, end), this.#lines);
    for (let line = first; line < end; line++) this.#lengths[this.#lines++] = starts[line + 1]! - starts[line]!;
    this.#textBytes += bytes;
    const last = this.#runs.at(-1);
    if (last?.instance === instance) {
      last.lines += end - first;
      last.textBytes += bytes;
    } else this.#runs.push({ instance, lines: end - first, textBytes: bytes });
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(bytes, this.#text.length * 2));
    this.#text.copy(larger, 0, 0, this.#textBytes);
    this.#text = larger;
  }

  /** The frame; the builder is empty again. */
  take(): Buffer {
    const bytes = headBytes + this.#runs.length * runHeadBytes + this.#lines * lineHeadBytes + this.#textBytes;
    const frame = Buffer.allocUnsafe(bytes);
    frame.writeUInt32LE(bytes - 4, 0);
    frame[4] = frameTypes.lines;
    let at = headBytes;
    let line = 0;
    let text = 0;
    for (const run of this.#runs) {
      at = this.#writeRun(frame, at, run, line, text);
      line += run.lines;
      text += run.textBytes;
    }
    this.#runs = [];
    this.#lines = this.#textBytes = 0;
    if (this.#text.length > 4 * frameTextBytes) this.#text = Buffer.allocUnsafe(frameTextBytes);
    return frame;
  }

  #writeRun(
    frame: Buffer,
    start: number,
    run: { instance: number; lines: number; textBytes: number },
    line: number,
    text: number,
  ) {
    let at = frame.writeUInt32LE(run.instance, start);
    at = frame.writeUInt32LE(run.lines, at);
    at = frame.writeUInt32LE(run.textBytes, at);
    for (let i = 0; i < run.lines; i++) at = frame.writeBigInt64LE(this.#times[line + i]!, at);
    for (let i = 0, end = 0; i < run.lines; i++) {
      end += this.#lengths[line + i]!;
      at = frame.writeUInt32LE(end - 1, at);
    }
    frame.set(this.#flags.subarray(line, line + run.lines), at);
    at += run.lines;
    return at + this.#text.copy(frame, at, text, text + run.textBytes);
  }
}

export interface ReceivedFrame {
  type: number;
  payload: Buffer;
}

/** Cuts what arrives into frames. Invariant: `#chunks` hold the `#bytes` of a frame that is not complete. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** The frames that this chunk completes. Throws Fault `corrupt` for a frame that no server sends. */
  push(chunk: Buffer): ReceivedFrame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted()) return [];
    const buffer = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes);
    const frames: ReceivedFrame[] = [];
    let at = 0;
    while (buffer.length - at >= headBytes) {
      const end = at + 4 + checkedLength(buffer.readUInt32LE(at));
      if (end > buffer.length) break;
      frames.push({ type: buffer[at + 4]!, payload: buffer.subarray(at + headBytes, end) });
      at = end;
    }
    this.#chunks = at === buffer.length ? [] : [buffer.subarray(at)];
    this.#bytes = buffer.length - at;
    return frames;
  }

  /** Bytes that are needed before it is worth putting the chunks together. */
  #wanted(): number {
    const first = this.#chunks[0]!;
    return first.length < 4 ? headBytes : 4 + checkedLength(first.readUInt32LE(0));
  }
}

/** Lines of one instance, as views of the frame that they came in. */
export class ReceivedRun {
  readonly instance: number;
  readonly lineCount: number;
  /** The lines, each followed by a newline. */
  readonly text: Buffer;
  #columns: Buffer;

  constructor(instance: number, lineCount: number, columns: Buffer, text: Buffer) {
    this.instance = instance;
    this.lineCount = lineCount;
    this.text = text;
    this.#columns = columns;
  }

  time(line: number): bigint {
    return this.#columns.readBigInt64LE(8 * line);
  }

  flags(line: number): number {
    return this.#columns[12 * this.lineCount + line]!;
  }

  /** Whether any line has one of these flags. */
  hasFlags(bits: number): boolean {
    return this.#columns.subarray(12 * this.lineCount).some((flags) => (flags & bits) !== 0);
  }

  /** The line's bytes, without its newline. */
  bytes(line: number): Buffer {
    return this.text.subarray(line === 0 ? 0 : this.#end(line - 1) + 1, this.#end(line));
  }

  /** Throws Fault `corrupt` where the lines do not fill the text. */
  check(): this {
    for (let line = 0, from = 0; line < this.lineCount; line++) {
      const end = this.#end(line);
      if (end < from || this.text[end] !== NEWLINE) throw corrupt('a line ends outside its text');
      from = end + 1;
    }
    if (this.lineCount === 0 || this.#end(this.lineCount - 1) + 1 !== this.text.length)
      throw corrupt('a run has text that is no line');
    return this;
  }

  #end(line: number): number {
    return this.#columns.readUInt32LE(8 * this.lineCount + 4 * line);
  }
}

/** The runs in a frame of lines. Throws Fault `corrupt` where the payload does not hold whole runs. */
export function runsOf(payload: Buffer): ReceivedRun[] {
  const runs: ReceivedRun[] = [];
  for (let at = 0; at < payload.length; ) {
    if (at + runHeadBytes > payload.length) throw corrupt('a run ends early');
    const instance = payload.readUInt32LE(at);
    const lineCount = payload.readUInt32LE(at + 4);
    const text = at + runHeadBytes + lineCount * lineHeadBytes;
    const end = text + payload.readUInt32LE(at + 8);
    if (end > payload.length) throw corrupt('a run reaches beyond its frame');
    runs.push(
      new ReceivedRun(
        instance,
        lineCount,
        payload.subarray(at + runHeadBytes, text),
        payload.subarray(text, end),
      ).check(),
    );
    at = end;
  }
  return runs;
}

function checkedLength(length: number): number {
  if (length >= 1 && length <= frameBytesMax) return length;
  throw corrupt(`a frame claims ${length} bytes (frameBytesMax is ${frameBytesMax})`);
}

function corrupt(why: string): Fault {
  return new Fault('corrupt', `the server's answer cannot be read: ${why}`);
}
