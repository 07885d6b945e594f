import { firstAfter } from '../run/selected-series.ts';
import { seconds, type Window } from './window.ts';

/**
 * The change between the boundaries of the range themselves: the value at a boundary is that of the sample before it (anchored)
 * or lies on the line between the samples around it (smoothed).
 */
export function extendedRate(window: Window, isCounter: boolean, perSecond: boolean): boolean {
  const { times, values, from, to, rangeStartMs, rangeEndMs } = window;
  const smoothed = window.extension === 'smoothed';
  const { first, last } = boundaries(window);
  if (times[last]! <= rangeStartMs || (smoothed && times[first]! > rangeEndMs)) return false;
  const left =
    smoothed && times[first]! < rangeStartMs ? between(window, first, rangeStartMs, isCounter) : values[first]!;
  const right =
    smoothed && last > from && times[last]! > rangeEndMs
      ? between(window, last - 1, rangeEndMs, isCounter)
      : values[last]!;
  let change = right - left;
  if (isCounter) {
    const inner = times[first]! <= rangeStartMs ? first + 1 : first;
    const end = times[last]! >= rangeEndMs ? last - 1 : last;
    change += resetCorrection(values, left, right, inner, Math.min(end, to - 1));
  }
  window.result = perSecond ? change / seconds(window.rangeMs) : change;
  return true;
}

/** The last sample at or before the start of the range, and the last one of all or, smoothed, the first at or after its end. */
export function boundaries(window: Window): { first: number; last: number } {
  const { times, from, to, rangeStartMs, rangeEndMs } = window;
  const last = to - 1;
  const first = Math.max(from, firstAfter(times, rangeStartMs, from, last) - 1);
  if (window.extension !== 'smoothed') return { first, last };
  // Times are whole milliseconds: at or after the end is after the one before it.
  return { first, last: firstAfter(times, rangeEndMs - 1, from, last) };
}

function between({ times, values }: Window, left: number, atMs: number, isCounter: boolean): number {
  const end = values[left + 1]!;
  const start = isCounter && end < values[left]! ? 0 : values[left]!;
  return start + ((end - start) * (atMs - times[left]!)) / (times[left + 1]! - times[left]!);
}

function resetCorrection(values: Float64Array, left: number, right: number, from: number, last: number): number {
  let correction = 0;
  let previous = left;
  for (let at = from; at <= last; at++) {
    if (values[at]! < previous) correction += previous;
    previous = values[at]!;
  }
  return right < previous ? correction + previous : correction;
}
