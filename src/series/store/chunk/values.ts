import { Fault } from '../../../base/fault.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { chunkSamplesMax, integerMax, readIntegers, writeIntegers } from './integers.ts';
import { readXor, writeXor } from './xor.ts';

/** Values with this many digits after the point, or fewer, are written as integers. */
const EXPONENT_MAX = 12;
const XOR = 0x20;
/** Some values are no decimal numbers (NaN, staleness, infinities, -0): they stand apart. */
const PATCHED = 0x40;
/** More such values than this share of a chunk, and none is taken apart. */
const PATCHED_SHARE = 8;

const powers = Float64Array.from({ length: EXPONENT_MAX + 1 }, (_, exponent) => 10 ** exponent);
const integers = new Float64Array(chunkSamplesMax);
const apart = new Int32Array(chunkSamplesMax);
let apartCount = 0;

/** Writes doubles bit by bit exactly: as decimal integers where they are such, else as differences of bits. `count` is not written. */
export function writeValues(out: ByteWriter, values: Float64Array, count: number): void {
  const exponent = asIntegers(values, count);
  if (exponent < 0) {
    out.u8(XOR);
    writeXor(out, values, count);
    return;
  }
  out.u8(apartCount > 0 ? exponent | PATCHED : exponent);
  if (apartCount > 0) writeApart(out, values);
  writeIntegers(out, integers, count);
}

/** Fills `integers` and gives the exponent, or -1. */
function asIntegers(values: Float64Array, count: number): number {
  apartCount = 0;
  let exponent = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value) || Object.is(value, -0)) {
      apart[apartCount++] = i;
      if (apartCount * PATCHED_SHARE > count + PATCHED_SHARE) return -1;
      integers[i] = last;
      continue;
    }
    let integer = Math.round(value * powers[exponent]!);
    while (integer / powers[exponent]! !== value) {
      if (exponent === EXPONENT_MAX) return -1;
      exponent++;
      integer = Math.round(value * powers[exponent]!);
    }
    if (integer > integerMax || integer < -integerMax) return -1;
    integers[i] = last = integer === 0 ? 0 : integer;
  }
  return exponent === 0 || atExponent(values, count, exponent) ? exponent : -1;
}

/** The exponent grew on the way: all are brought to it. */
function atExponent(values: Float64Array, count: number, exponent: number): boolean {
  const power = powers[exponent]!;
  let last = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (next < apartCount && apart[next] === i) {
      next++;
      integers[i] = last;
      continue;
    }
    const integer = Math.round(values[i]! * power);
    if (integer / power !== values[i] || integer > integerMax || integer < -integerMax) return false;
    integers[i] = last = integer === 0 ? 0 : integer;
  }
  return true;
}

function writeApart(out: ByteWriter, values: Float64Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset);
  out.varint(apartCount);
  for (let i = 0; i < apartCount; i++) {
    const at = apart[i]!;
    out.varint(at);
    out.f64Words(words[2 * at + 1]!, words[2 * at]!);
  }
}

export function readValues(input: ByteReader, target: Float64Array, offset: number, count: number): void {
  const head = input.u8();
  if (head === XOR) {
    readXor(input, target, offset, count);
    return;
  }
  const exponent = head & ~PATCHED;
  if (exponent > EXPONENT_MAX) throw new Fault('corrupt', `${head} is no way of writing values`);
  if ((head & PATCHED) === 0) {
    readScaled(input, target, offset, count, exponent);
    return;
  }
  const patches: number[] = [];
  for (let left = input.varint(); left > 0; left--) patches.push(input.varint(), input.u32(), input.u32());
  readScaled(input, target, offset, count, exponent);
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length * 2);
  for (let i = 0; i < patches.length; i += 3) {
    const at = 2 * (offset + Math.min(patches[i]!, count - 1));
    words[at] = patches[i + 1]!;
    words[at + 1] = patches[i + 2]!;
  }
}

function readScaled(input: ByteReader, target: Float64Array, offset: number, count: number, exponent: number): void {
  readIntegers(input, target, offset, count);
  if (exponent === 0) return;
  const power = powers[exponent]!;
  const end = offset + count;
  for (let i = offset; i < end; i++) target[i]! /= power;
}
