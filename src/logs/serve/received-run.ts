import { corrupt } from './line-frames.ts';
import { lineHeadBytes, runHeadBytes } from './lines-frame-builder.ts';

const NEWLINE = 0x0a;

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

  /** How many lines have one of these flags. */
  countFlags(bits: number): number {
    let count = 0;
    for (const flags of this.#columns.subarray(12 * this.lineCount)) if ((flags & bits) !== 0) count++;
    return count;
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
