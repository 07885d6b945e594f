import { Fault } from './fault.ts';

/** Wire types of protocol buffers. */
export const varintType = 0;
export const fixed64Type = 1;
export const bytesType = 2;
export const fixed32Type = 5;

/**
 * Reads protocol buffers from bytes in place. Invariant: `at` is at most `end`, which is the end of the message that is being read.
 * Throws Fault `bad-request`.
 */
export class Wire {
  readonly bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** A whole number below 2^53; larger ones lose digits. */
  varint(): number {
    const { bytes, end } = this;
    let at = this.at;
    if (at < end && bytes[at]! < 0x80) {
      this.at = at + 1;
      return bytes[at]!;
    }
    let low = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      if (at >= end) this.fail('a number is cut off');
      const byte = bytes[at++]!;
      low += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.at = at;
        return low;
      }
      factor *= 128;
    }
    return this.fail('a number has more than ten bytes');
  }

  /** An int64: negative ones have ten bytes. */
  int64(): number {
    const from = this.at;
    const value = this.varint();
    if (this.at - from < 10) return value;
    // 2^64 less the value is computed from the bytes: the sum above has lost the digits.
    let distance = 1;
    let factor = 1;
    for (let at = from; at < this.at; at++) {
      distance += (at === this.at - 1 ? 0 : ~this.bytes[at]! & 0x7f) * factor;
      factor *= 128;
    }
    return -distance;
  }

  /** The end of a field of bytes that begins at `at`. */
  lengthDelimited(): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > this.end) this.fail('a field is longer than its message');
    return end;
  }

  skip(type: number): void {
    if (type === varintType) this.varint();
    else if (type === fixed64Type) this.#advance(8);
    else if (type === bytesType) this.at = this.lengthDelimited();
    else if (type === fixed32Type) this.#advance(4);
    else this.fail(`wire type ${type} is not known`);
  }

  float64(): number {
    this.#advance(8);
    return this.bytes.readDoubleLE(this.at - 8);
  }

  text(): string {
    const end = this.lengthDelimited();
    const from = this.at;
    this.at = end;
    return this.bytes.toString('utf8', from, end);
  }

  /** Calls `field` for each field of the message that is `length` long from here, then stands behind it. */
  message(field: (number: number, type: number) => void): void {
    const end = this.lengthDelimited();
    const outer = this.end;
    this.end = end;
    this.fields(field);
    this.end = outer;
  }

  fields(field: (number: number, type: number) => void): void {
    while (this.at < this.end) {
      const tag = this.varint();
      field(Math.floor(tag / 8), tag & 7);
    }
  }

  expect(type: number, wanted: number, what: string): void {
    if (type !== wanted) this.fail(`${what} has wire type ${type}, not ${wanted}`);
  }

  fail(problem: string): never {
    throw new Fault('bad-request', `the protocol buffer cannot be read: ${problem}, at byte ${this.at}`);
  }

  #advance(count: number): void {
    if (this.at + count > this.end) this.fail('a field is cut off');
    this.at += count;
  }
}
