import type { Amount } from './quantities.ts';

const firstBytes = 1024;
const ZERO = 0x30;
/** Below it arithmetic is of small whole numbers, which is several times as fast. */
const digitsMax = 2 ** 31;
const digitsLengthMax = 10;

/**
 * Writes a protobuf message from its end to its beginning, so that a nested message's length is known when it is written.
 * Invariant: the message so far is `#bytes` from `#at` to the end. Fields are therefore given last first.
 */
export class ReverseWriter {
  #bytes = Buffer.allocUnsafe(firstBytes);
  #at = firstBytes;

  /** How much is written; the difference of two is the length of what came between. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** What was written, to be copied before anything else is; the writer is empty again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return taken;
  }

  /** A whole number that is not negative, up to 2^53. */
  varint(value: number): void {
    let bytes = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
    this.#room(bytes);
    this.#at -= bytes;
    let rest = value;
    for (let at = this.#at; ; at++) {
      if (rest < 128) {
        this.#bytes[at] = rest;
        return;
      }
      this.#bytes[at] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
  }

  /** Field number and wire type 2 before the last `length` bytes. */
  lengthField(field: number, length: number): void {
    this.varint(length);
    this.varint((field << 3) | 2);
  }

  /** The text 1 of a Quantity. */
  amount({ digits, suffix }: Amount): void {
    const before = this.length;
    this.#ascii(suffix);
    this.#digits(digits);
    this.lengthField(1, this.length - before);
  }

  varintField(field: number, value: number): void {
    this.varint(value);
    this.varint(field << 3);
  }

  string(field: number, text: string): void {
    const before = this.length;
    if (!this.#ascii(text)) this.raw(Buffer.from(text));
    this.lengthField(field, this.length - before);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#at -= bytes.length;
    this.#bytes.set(bytes, this.#at);
  }

  /** Names and amounts are short and plain, and then this is several times as fast as encoding. Writes nothing otherwise. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#room(length);
    const from = this.#at - length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      this.#bytes[from + i] = code;
    }
    this.#at = from;
    return true;
  }

  #digits(value: number): void {
    if (value >= digitsMax) {
      this.#ascii(String(value));
      return;
    }
    this.#room(digitsLengthMax);
    let rest = value | 0;
    do {
      const tens = (rest / 10) | 0;
      this.#bytes[--this.#at] = ZERO + rest - 10 * tens;
      rest = tens;
    } while (rest > 0);
  }

  #room(bytes: number): void {
    if (this.#at >= bytes) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + bytes));
    const at = grown.length - this.length;
    grown.set(this.#bytes.subarray(this.#at), at);
    this.#bytes = grown;
    this.#at = at;
  }
}
