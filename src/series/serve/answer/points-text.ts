import { createMemory, Module } from '../../../base/webassembly.ts';
import { pointsTextModule } from './points-text-module.ts';

/** Points that are written at once. */
export const pointsAtOnceMax = 256;
/** Where things are in the module's memory of one page; points-text.as has the first two itself. */
const POWERS = 0;
const POWER_MIN = -292;
const POWER_MAX = 324;
const TIMES = 12 * 1024;
const VALUES = TIMES + 8 * pointsAtOnceMax;
const TEXT = VALUES + 8 * pointsAtOnceMax;

/** What the module gives. */
interface Exports {
  points(first: number, times: number, values: number, count: number, out: number): number;
}

interface PointsText {
  /** Up to `pointsAtOnceMax` of each are taken from here. */
  timesMs: Float64Array;
  values: Float64Array;
  /** What was written last is at the beginning of this. */
  text: Uint8Array;
  /** Writes `[seconds,"value"]` for each of so many, with a character before each (commas, but for the first), and gives how many bytes that is. */
  write(count: number, first: number): number;
}

let made: PointsText | undefined;

/** The one of this thread, made when it is first needed. */
export function pointsText(): PointsText {
  made ??= make();
  return made;
}

function make(): PointsText {
  const memory = createMemory(1);
  const { points } = new Module<Exports>(pointsTextModule).instantiate(memory).run;
  const { buffer } = memory;
  writePowers(new DataView(buffer, POWERS));
  return {
    timesMs: new Float64Array(buffer, TIMES, pointsAtOnceMax),
    values: new Float64Array(buffer, VALUES, pointsAtOnceMax),
    text: new Uint8Array(buffer, TEXT),
    write: (count, first) => points(first, TIMES, VALUES, count, TEXT) - TEXT,
  };
}

/** The first 128 bits of each power of ten, rounded up. */
function writePowers(view: DataView): void {
  const write = (exponent: number, first: bigint) => {
    view.setBigUint64(16 * (exponent - POWER_MIN), first >> 64n, true);
    view.setBigUint64(16 * (exponent - POWER_MIN) + 8, BigInt.asUintN(64, first), true);
  };
  let power = 1n;
  for (let exponent = 0; exponent <= POWER_MAX; exponent++, power *= 10n) {
    // The logarithm to base 2, as a fraction that is near enough.
    const bits = ((exponent * 1_741_647) >> 19) + 1;
    const cut = BigInt(Math.max(0, bits - 128));
    const isExact = (power >> cut) << cut === power;
    write(exponent, bits <= 128 ? power << BigInt(128 - bits) : (power >> cut) + (isExact ? 0n : 1n));
    if (exponent > 0 && -exponent >= POWER_MIN) write(-exponent, (1n << BigInt(127 + bits)) / power + 1n);
  }
}
