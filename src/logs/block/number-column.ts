import { corrupt } from './bytes.ts';
import { reading } from './text-reader.ts';

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
  return reading((reader) => {
    const [at, out] = [reader.put(bytes), reader.arena.room(8 * count)];
    const isDelta = mode !== numberModes.plain;
    reader.check(reader.module.run.readDecimals(at, count, width, isDelta, base, end, out));
    return reader.f64(out, count);
  });
}

function bitsOf(value: number): number {
  return value < 0x100000000 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 0x100000000));
}
