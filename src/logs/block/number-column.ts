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

/** What pack-columns.as measures: the least and the greatest number, the greatest difference, and bits of all in either mode. */
interface Measured {
  least: number;
  greatest: number;
  greatestDelta: number;
  plainBits: number;
  deltaBits: number;
}

/** How whole numbers from 0 to 2^53 are best stored. */
export function modeOfNumbers({ least, greatest, greatestDelta, plainBits, deltaBits }: Measured) {
  const isDelta = deltaBits < plainBits && greatestDelta <= Number.MAX_SAFE_INTEGER;
  const width = Math.ceil(bitsOf(isDelta ? greatestDelta : greatest - least) / 8);
  return isDelta ? { mode: numberModes.delta, base: 0, width } : { mode: numberModes.plain, base: least, width };
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

function bitsOf(value: number): number {
  return value < 0x100000000 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 0x100000000));
}
