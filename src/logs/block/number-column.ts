import { corrupt } from './bytes.ts';

/** How the numbers of a column are stored: as differences from the least one, or from the one before (zigzag). */
export const numberModes = { plain: 0, delta: 1 } as const;

export interface PackedNumbers {
  mode: number;
  /** The least number; where differences are from the one before, 0. */
  base: number;
  /** Bytes of one number: its low bytes come first, of all numbers, then the next ones. */
  width: number;
  bytes: Buffer;
}

const WIDTH_MAX = 7;

/** Whole numbers from 0 to 2^53, or differences of such. */
export function packNumbers(values: Float64Array): PackedNumbers {
  const { min, max, deltaMax, deltaIsSmaller } = measured(values);
  const mode = deltaIsSmaller ? numberModes.delta : numberModes.plain;
  const base = deltaIsSmaller ? 0 : min;
  const width = Math.ceil(bitsOf(deltaIsSmaller ? deltaMax : max - min) / 8);
  const bytes = Buffer.allocUnsafe(values.length * width);
  if (width > 0) spread(bytes, values, mode, base, width);
  return { mode, base, width, bytes };
}

function measured(values: Float64Array) {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  let deltaMax = 0;
  let deltaBits = 0;
  let plainBits = 0;
  let previous = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const delta = zigzag(value - previous);
    previous = value;
    if (delta > deltaMax) deltaMax = delta;
    deltaBits += bitsOf(delta);
    plainBits += bitsOf(value - min);
  }
  return { min, max, deltaMax, deltaIsSmaller: deltaBits < plainBits && deltaMax <= Number.MAX_SAFE_INTEGER };
}

/** Throws Fault `corrupt` where a number is not below `end`. */
export function unpackNumbers({ mode, base, width, bytes }: PackedNumbers, count: number, end: number): Float64Array {
  if (width > WIDTH_MAX || bytes.length !== width * count) throw corrupt('a column of numbers has another size');
  const values = new Float64Array(count);
  for (let plane = width - 1; plane >= 0; plane--) {
    const from = plane * count;
    for (let i = 0; i < count; i++) values[i] = values[i]! * 256 + bytes[from + i]!;
  }
  let previous = 0;
  for (let i = 0; i < count; i++) {
    let value = values[i]!;
    if (mode === numberModes.plain) value += base;
    else value = previous + (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    if (!(value >= 0 && value < end)) throw corrupt(`a number of a column is ${value}`);
    values[i] = previous = value;
  }
  return values;
}

function zigzag(delta: number): number {
  return delta >= 0 ? delta * 2 : -delta * 2 - 1;
}

function bitsOf(value: number): number {
  return value < 0x100000000 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 0x100000000));
}

/** Writes the bytes of each number one plane behind the other. */
function spread(bytes: Buffer, values: Float64Array, mode: number, base: number, width: number): void {
  const count = values.length;
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const number = mode === numberModes.delta ? zigzag(value - previous) : value - base;
    previous = value;
    let low = (number % 0x100000000) | 0;
    let at = i;
    for (let plane = 0; plane < width; plane++, at += count) {
      if (plane === 4) low = (number / 0x100000000) | 0;
      bytes[at] = low;
      low >>>= 8;
    }
  }
}
