import { Fault } from '../../base/fault.ts';

/** Grows as it is written to. */
export class ByteWriter {
  #bytes: Buffer;
  length = 0;

  constructor(initialBytes = 1024) {
    this.#bytes = Buffer.allocUnsafe(initialBytes);
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  /** Up to 2^53. */
  varint(value: number): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8);
    const bytes = this.#bytes;
    let rest = value;
    while (rest >= 0x80) {
      bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    bytes[this.length++] = rest;
  }

  bytes(source: Uint8Array, from = 0, to = source.length): void {
    if (this.length + (to - from) > this.#bytes.length) this.#grow(to - from);
    const bytes = this.#bytes;
    // Most pieces are a few bytes, for which a loop is quicker than a call into the platform.
    if (to - from < 32) for (let at = from, into = this.length; at < to; ) bytes[into++] = source[at++]!;
    else bytes.set(source.subarray(from, to), this.length);
    this.length += to - from;
  }

  /** What was written; a view, good until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** The memory that is written to, good until the next write. */
  get memory(): Buffer {
    return this.#bytes;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.length + bytes, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}

/** Throws Fault `corrupt` where the bytes end early. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw corrupt('it ends early');
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 46) throw corrupt('a number is too large');
    }
  }

  /** A number that may not be larger than `max`. */
  count(max: number, what: string): number {
    const value = this.varint();
    if (value > max) throw corrupt(`${what}: ${value} is more than ${max}`);
    return value;
  }

  /** A view. */
  bytes(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw corrupt('it ends early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#at);
  }
}

export function corrupt(why: string, cause?: unknown): Fault {
  return new Fault('corrupt', `a compact text cannot be read: ${why}`, { cause });
}
