import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Numbers are packed in groups of so many, each group with a width of its own. */
export const groupLength = 32;
/** Width of one plane: a number wider than this is cut into several. */
const PLANE_BITS = 24;
/** Marks a group whose widest numbers are kept apart. */
const PATCHED = 0x80;
const EXCEPTION_BITS = 24;

const planes = new Int32Array(groupLength);
const lengthCounts = new Int32Array(64);

/** Bits that a non-negative integer below 2^53 takes. */
export function bitLength(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));
}

/** Packs non-negative integers below 2^49. */
export function packIntegers(out: ByteWriter, values: Float64Array, count: number): void {
  for (let from = 0; from < count; from += groupLength)
    packGroup(out, values, from, Math.min(groupLength, count - from));
}

function packGroup(out: ByteWriter, values: Float64Array, from: number, count: number): void {
  lengthCounts.fill(0);
  let widest = 0;
  for (let i = 0; i < count; i++) {
    const bits = bitLength(values[from + i]!);
    lengthCounts[bits]!++;
    if (bits > widest) widest = bits;
  }
  const { width, exceptions } = bestWidth(widest, count);
  out.u8(exceptions > 0 ? width | PATCHED : width);
  packWidth(out, values, from, count, width);
  if (exceptions === 0) return;
  out.u8(exceptions);
  const limit = 2 ** width;
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    if (value < limit) continue;
    out.u8(i);
    out.varint(Math.floor(value / limit));
  }
}

/** The width at which the group takes least room, where a number that is too wide costs a little more than its bits. */
function bestWidth(widest: number, count: number): { width: number; exceptions: number } {
  let best = { width: widest, exceptions: 0 };
  let bestBits = widest * count;
  let exceptions = 0;
  for (let width = widest - 1; width >= 0; width--) {
    exceptions += lengthCounts[width + 1]!;
    if (exceptions * EXCEPTION_BITS >= bestBits) break;
    const bits = width * count + exceptions * (EXCEPTION_BITS + Math.max(0, widest - width - 7)) + 8;
    if (bits < bestBits) {
      bestBits = bits;
      best = { width, exceptions };
    }
  }
  return best;
}

function packWidth(out: ByteWriter, values: Float64Array, from: number, count: number, width: number): void {
  const low = Math.min(width, PLANE_BITS);
  const mask = low === 0 ? 0 : (1 << low) - 1;
  for (let i = 0; i < count; i++) planes[i] = (values[from + i]! % 2 ** PLANE_BITS) & mask;
  packPlane(out, planes, count, low);
  if (width <= PLANE_BITS) return;
  for (let i = 0; i < count; i++) {
    planes[i] = Math.floor(values[from + i]! / 2 ** PLANE_BITS) % 2 ** (width - PLANE_BITS);
  }
  packPlane(out, planes, count, width - PLANE_BITS);
}

/** Up to 25 bits each, the lowest first; the last byte is filled with zeros. */
export function packPlane(out: ByteWriter, values: Int32Array, count: number, width: number): void {
  if (width === 0) return;
  out.reserve(((count * width) >> 3) + 8);
  const { bytes } = out;
  let { at } = out;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    held |= values[i]! << bits;
    bits += width;
    while (bits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) bytes[at++] = held;
  out.at = at;
}

/** What packIntegers wrote. */
export function unpackIntegers(input: ByteReader, target: Float64Array, offset: number, count: number): void {
  for (let from = 0; from < count; from += groupLength) {
    unpackGroup(input, target, offset + from, Math.min(groupLength, count - from));
  }
}

function unpackGroup(input: ByteReader, target: Float64Array, offset: number, count: number): void {
  const head = input.u8();
  const width = head & ~PATCHED;
  if (width === 0) target.fill(0, offset, offset + count);
  else unpackLow(input, target, offset, count, Math.min(width, PLANE_BITS));
  if (width > PLANE_BITS) {
    unpackPlane(input, planes, count, width - PLANE_BITS);
    for (let i = 0; i < count; i++) target[offset + i]! += planes[i]! * 2 ** PLANE_BITS;
  }
  if (head < PATCHED) return;
  const scale = 2 ** width;
  for (let left = input.u8(); left > 0; left--) {
    const at = input.u8();
    if (at < count) target[offset + at]! += input.varint() * scale;
  }
}

/** A number of up to 24 bits lies in the four bytes from its first on. */
const WORD_BYTES = 4;
let viewed: Uint8Array | undefined;
let view: DataView = new DataView(new ArrayBuffer(0));

function unpackLow(input: ByteReader, target: Float64Array, offset: number, count: number, width: number): void {
  const { bytes } = input;
  const start = input.take((count * width + 7) >> 3);
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const words = view;
  const mask = (1 << width) - 1;
  // Where the last words would reach beyond the memory, their numbers are read byte by byte.
  const lastStart = bytes.length - WORD_BYTES - start;
  let bit = 0;
  let i = 0;
  for (; i < count && bit >> 3 <= lastStart; i++, bit += width) {
    target[offset + i] = (words.getInt32(start + (bit >> 3), true) >>> (bit & 7)) & mask;
  }
  for (; i < count; i++, bit += width) target[offset + i] = (wordAt(bytes, start + (bit >> 3)) >>> (bit & 7)) & mask;
}

/** Four bytes, of which those beyond the end are zero. */
function wordAt(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = 0; i < WORD_BYTES && at + i < bytes.length; i++) word |= bytes[at + i]! << (8 * i);
  return word;
}

export function unpackPlane(input: ByteReader, target: Int32Array, count: number, width: number): void {
  const length = (count * width + 7) >> 3;
  const start = input.take(length);
  const { bytes } = input;
  const mask = (1 << width) - 1;
  let at = start;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    while (bits < width) {
      held |= bytes[at++]! << bits;
      bits += 8;
    }
    target[i] = held & mask;
    held >>>= width;
    bits -= width;
  }
}
