import { boundaries } from './extended-rate.ts';
import type { Window } from './window.ts';

/** The samples of an anchored or smoothed range as a query's result: with one at each boundary. Undefined where none is in the range. */
export function interpolateEnds(
  times: Float64Array,
  values: Float64Array,
  rangeStartMs: number,
  rangeEndMs: number,
  extension: 'anchored' | 'smoothed',
): { timesMs: Float64Array; values: Float64Array } | undefined {
  const window = { times, values, from: 0, to: times.length, rangeStartMs, rangeEndMs, extension } as Window;
  const { first, last } = boundaries(window);
  if (times[last]! <= rangeStartMs) return undefined;
  const smoothed = extension === 'smoothed';
  const left = smoothed && times[first]! < rangeStartMs ? between(times, values, first, rangeStartMs) : values[first]!;
  const right =
    smoothed && last > 0 && times[last]! > rangeEndMs ? between(times, values, last - 1, rangeEndMs) : values[last]!;
  const from = times[first]! <= rangeStartMs ? first + 1 : first;
  const to = Math.max(from, times[last]! >= rangeEndMs ? last : last + 1);
  return {
    timesMs: Float64Array.of(rangeStartMs, ...times.subarray(from, to), rangeEndMs),
    values: Float64Array.of(left, ...values.subarray(from, to), right),
  };
}

function between(times: Float64Array, values: Float64Array, left: number, atMs: number): number {
  const start = values[left]!;
  return start + ((values[left + 1]! - start) * (atMs - times[left]!)) / (times[left + 1]! - times[left]!);
}
