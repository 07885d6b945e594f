import { endianness } from 'node:os';
import type { Nanos } from '../../../base/nanotime.ts';

/** Differences up to here are exact in a double: 104 days. */
const EXACT_MAX = 2n ** 53n;

/**
 * Times of lines in nanoseconds from `from`, as numbers. The bigints are read in two halves, which is several times faster than
 * subtracting them, where the difference is exact either way.
 */
export function relativeTimes(times: BigInt64Array, from: Nanos): (index: number) => number {
  const exact = (index: number) => Number(times[index]! - from);
  if (endianness() !== 'LE' || times.length === 0) return exact;
  const halves = new Int32Array(times.buffer, times.byteOffset, times.length * 2);
  const fromLow = Number(BigInt.asUintN(32, from));
  const fromHigh = Number(from >> 32n);
  const highMax = Number(EXACT_MAX >> 32n) - 1;
  return (index) => {
    const high = halves[2 * index + 1]! - fromHigh;
    if (high > highMax || high < -highMax) return exact(index);
    return high * 4294967296 + ((halves[2 * index]! >>> 0) - fromLow);
  };
}

/** Whether no time is before the one in front of it. */
export function areRising(times: BigInt64Array): boolean {
  if (endianness() !== 'LE') return times.every((time, at) => at === 0 || time >= times[at - 1]!);
  const halves = new Int32Array(times.buffer, times.byteOffset, times.length * 2);
  for (let at = 3; at < halves.length; at += 2) {
    const [high, before] = [halves[at]!, halves[at - 2]!];
    if (high < before || (high === before && halves[at - 1]! >>> 0 < halves[at - 3]! >>> 0)) return false;
  }
  return true;
}
