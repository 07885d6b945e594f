import { Fault } from '../../../base/fault.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { groupLength, packPlane, unpackPlane } from './packing.ts';

/*
 * Doubles that are no short decimals: each is XORed with the one before, and a group of them shares how many zero bits are left out in
 * front and behind. What remains is cut into planes of 24, 24 and 16 bits.
 */
const high = new Uint32Array(groupLength);
const low = new Uint32Array(groupLength);
const plane = new Int32Array(groupLength);
const PLANES = [24, 24, 16];

export function writeXor(out: ByteWriter, values: Float64Array, count: number): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, count * 2);
  out.f64Words(words[1]!, words[0]!);
  for (let from = 1; from < count; from += groupLength)
    writeGroup(out, words, from, Math.min(groupLength, count - from));
}

function writeGroup(out: ByteWriter, words: Uint32Array, from: number, count: number): void {
  let anyHigh = 0;
  let anyLow = 0;
  for (let i = 0; i < count; i++) {
    const at = 2 * (from + i);
    anyLow |= low[i] = words[at]! ^ words[at - 2]!;
    anyHigh |= high[i] = words[at + 1]! ^ words[at - 1]!;
  }
  const lead = anyHigh === 0 ? 32 + Math.clz32(anyLow) : Math.clz32(anyHigh);
  if (lead === 64) {
    out.u8(64);
    return;
  }
  const trail = anyLow === 0 ? 32 + trailingZeros(anyHigh) : trailingZeros(anyLow);
  out.u8(lead);
  out.u8(trail);
  const width = 64 - lead - trail;
  shiftRight(count, trail);
  for (let k = 0, left = width; left > 0; left -= PLANES[k++]!) {
    for (let i = 0; i < count; i++) plane[i] = planeOf(i, k);
    packPlane(out, plane, count, Math.min(left, PLANES[k]!));
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function shiftRight(count: number, bits: number): void {
  if (bits === 0) return;
  for (let i = 0; i < count; i++) {
    if (bits >= 32) {
      low[i] = high[i]! >>> (bits - 32);
      high[i] = 0;
    } else {
      low[i] = (low[i]! >>> bits) | (high[i]! << (32 - bits));
      high[i]! >>>= bits;
    }
  }
}

function planeOf(i: number, k: number): number {
  if (k === 0) return low[i]! & 0xffffff;
  return k === 1 ? (low[i]! >>> 24) | ((high[i]! & 0xffff) << 8) : high[i]! >>> 16;
}

export function readXor(input: ByteReader, target: Float64Array, offset: number, count: number): void {
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length * 2);
  words[2 * offset] = input.u32();
  words[2 * offset + 1] = input.u32();
  for (let from = 1; from < count; from += groupLength) {
    readGroup(input, words, offset + from, Math.min(groupLength, count - from));
  }
}

function readGroup(input: ByteReader, words: Uint32Array, from: number, count: number): void {
  low.fill(0);
  high.fill(0);
  const lead = input.u8();
  if (lead > 64) throw new Fault('corrupt', `${lead} leading zero bits`);
  if (lead < 64) {
    const trail = input.u8();
    const width = 64 - lead - trail;
    if (width <= 0) throw new Fault('corrupt', `${lead} and ${trail} zero bits of 64`);
    for (let k = 0, left = width; left > 0; left -= PLANES[k++]!) {
      unpackPlane(input, plane, count, Math.min(left, PLANES[k]!));
      for (let i = 0; i < count; i++) putPlane(i, k, plane[i]!);
    }
    shiftLeft(count, trail);
  }
  for (let i = 0; i < count; i++) {
    const at = 2 * (from + i);
    words[at] = words[at - 2]! ^ low[i]!;
    words[at + 1] = words[at - 1]! ^ high[i]!;
  }
}

function putPlane(i: number, k: number, bits: number): void {
  if (k === 0) low[i] = bits;
  else if (k === 1) {
    low[i]! |= bits << 24;
    high[i] = bits >>> 8;
  } else high[i]! |= bits << 16;
}

function shiftLeft(count: number, bits: number): void {
  if (bits === 0) return;
  for (let i = 0; i < count; i++) {
    if (bits >= 32) {
      high[i] = low[i]! << (bits - 32);
      low[i] = 0;
    } else {
      high[i] = (high[i]! << bits) | (low[i]! >>> (32 - bits));
      low[i]! <<= bits;
    }
  }
}
