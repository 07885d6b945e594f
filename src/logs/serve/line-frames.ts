import { Fault } from '../../base/fault.ts';

/*
 * The stream of lines that the server answers with: frames of `u32 bytes, u8 type, payload`, where `bytes` counts type and
 * payload. docs/formats/lines.md draws it. Integers are little-endian.
 */
export const frameTypes = {
  /** JSON: an instance, with the index by which lines name it. */
  instance: 1,
  /** Runs of lines, one after another, see lines-frame-builder.ts. */
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
export const headBytes = 5;

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

function checkedLength(length: number): number {
  if (length >= 1 && length <= frameBytesMax) return length;
  throw corrupt(`a frame claims ${length} bytes (frameBytesMax is ${frameBytesMax})`);
}

export function corrupt(why: string): Fault {
  return new Fault('corrupt', `the server's answer cannot be read: ${why}`);
}
