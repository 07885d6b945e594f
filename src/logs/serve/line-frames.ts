import { Fault } from '../../base/fault.ts';

/*
 * The stream of lines that the server answers with: frames of `u32 bytes, u8 type, payload`, where `bytes` counts type and
 * payload. docs/formats/lines.md draws it. Integers are little-endian.
 */
export const frameTypes = {
  /** JSON: an instance, with the index by which lines name it. */
  instance: 1,
  /** Lines, one after another: u32 instance index, i64 nanoseconds, u8 flags, u32 bytes, bytes. */
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
const lineHeadBytes = 17;
/** A frame of lines is sent when it has grown to this. */
const linesFrameBytes = 64 * 1024;

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

/** Collects lines into a frame. Invariant: `#buffer[headBytes, #bytes)` is whole lines. */
export class LinesFrameBuilder {
  #buffer = Buffer.allocUnsafe(linesFrameBytes + 4096);
  #bytes = headBytes;

  get isEmpty(): boolean {
    return this.#bytes === headBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= linesFrameBytes;
  }

  add(instance: number, time: bigint, flags: number, text: Buffer, from: number, to: number): void {
    const end = this.#bytes + lineHeadBytes + (to - from);
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(end + linesFrameBytes);
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffer = larger;
    }
    const buffer = this.#buffer;
    buffer.writeUInt32LE(instance, this.#bytes);
    buffer.writeBigInt64LE(time, this.#bytes + 4);
    buffer[this.#bytes + 12] = flags;
    buffer.writeUInt32LE(to - from, this.#bytes + 13);
    text.copy(buffer, this.#bytes + lineHeadBytes, from, to);
    this.#bytes = end;
  }

  /** The frame; the builder begins a new one in a buffer of its own. */
  take(): Buffer {
    const frame = this.#buffer.subarray(0, this.#bytes);
    frame.writeUInt32LE(this.#bytes - 4, 0);
    frame[4] = frameTypes.lines;
    this.#buffer = Buffer.allocUnsafe(linesFrameBytes + 4096);
    this.#bytes = headBytes;
    return frame;
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

export interface ReceivedLine {
  instance: number;
  time: bigint;
  flags: number;
  /** A view of the payload. */
  bytes: Buffer;
}

/** Throws Fault `corrupt` where the payload does not hold whole lines. */
export function* linesOf(payload: Buffer): Generator<ReceivedLine> {
  for (let at = 0; at < payload.length; ) {
    if (at + lineHeadBytes > payload.length) throw corrupt('a line ends early');
    const end = at + lineHeadBytes + payload.readUInt32LE(at + 13);
    if (end > payload.length) throw corrupt('a line reaches beyond its frame');
    yield {
      instance: payload.readUInt32LE(at),
      time: payload.readBigInt64LE(at + 4),
      flags: payload[at + 12]!,
      bytes: payload.subarray(at + lineHeadBytes, end),
    };
    at = end;
  }
}

function checkedLength(length: number): number {
  if (length >= 1 && length <= frameBytesMax) return length;
  throw corrupt(`a frame claims ${length} bytes (frameBytesMax is ${frameBytesMax})`);
}

function corrupt(why: string): Fault {
  return new Fault('corrupt', `the server's answer cannot be read: ${why}`);
}
