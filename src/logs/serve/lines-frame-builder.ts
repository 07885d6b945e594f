import type { DecodedLines } from '../batch/batch.ts';
import { frameTypes, headBytes } from './line-frames.ts';
import type { PickedLines } from './picked-lines.ts';

export const runHeadBytes = 12;
/** Time, end and flags of a line. */
export const lineHeadBytes = 13;
/** A frame of lines is sent when its text has grown to this. */
const frameTextBytes = 64 * 1024;
const frameLinesMax = 4096;

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
