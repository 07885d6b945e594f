import type { ByteReader } from '../chunk/byte-reader.ts';
import type { ByteWriter } from '../chunk/byte-writer.ts';

/*
 * A double in one to nine bytes. The first byte says how: a small integer itself, or how many bytes follow of an integer, of a negative one,
 * or of the double's bits without the zero bytes at their end.
 */
const SMALL_MAX = 223;
const POSITIVE = 224;
const NEGATIVE = 232;
const BITS = 240;
/** Integers of more bytes than this are no shorter than their bits. */
const INTEGER_MAX = 2 ** 48;

export function writeValue(out: ByteWriter, values: Float64Array, at: number): void {
  const value = values[at]!;
  if (value >= 0 && value <= SMALL_MAX && value === (value | 0) && !Object.is(value, -0)) {
    out.u8(value);
    return;
  }
  if (value < INTEGER_MAX && value > -INTEGER_MAX && value !== 0 && Math.floor(value) === value) {
    writeInteger(out, value);
    return;
  }
  writeBits(out, values, at);
}

function writeInteger(out: ByteWriter, value: number): void {
  const head = out.at;
  out.u8(0);
  let rest = Math.abs(value);
  while (rest > 0xffffffff) {
    out.u8(rest % 256);
    rest = Math.floor(rest / 256);
  }
  while (rest > 0) {
    out.u8(rest & 255);
    rest >>>= 8;
  }
  out.bytes[head] = (value < 0 ? NEGATIVE : POSITIVE) + out.at - head - 1;
}

function writeBits(out: ByteWriter, values: Float64Array, at: number): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset + at * 8, 8);
  let skipped = 0;
  while (skipped < 8 && bytes[skipped] === 0) skipped++;
  out.u8(BITS + 8 - skipped);
  for (let i = skipped; i < 8; i++) out.u8(bytes[i]!);
}

export function readValue(input: ByteReader, values: Float64Array, at: number): void {
  const head = input.u8();
  if (head <= SMALL_MAX) {
    values[at] = head;
    return;
  }
  if (head < BITS) {
    let value = 0;
    let scale = 1;
    for (let left = head & 7; left > 0; left--) {
      value += input.u8() * scale;
      scale *= 256;
    }
    values[at] = head >= NEGATIVE ? -value : value;
    return;
  }
  const bytes = new Uint8Array(values.buffer, values.byteOffset + at * 8, 8);
  const length = Math.min(8, head - BITS);
  const from = input.take(length);
  for (let i = 0; i < length; i++) bytes[8 - length + i] = input.bytes[from + i]!;
}
