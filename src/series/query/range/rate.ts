import { extendedRate } from './extended-rate.ts';
import { RateColumn } from './rate-column.ts';
import { isStartReset, warnOfOverlap } from './start-timestamps.ts';
import { EXTRAPOLATION_FACTOR, type RangeFunction, seconds, type Window } from './window.ts';

const extensions = ['anchored', 'smoothed'] as const;
const counter = { usesStarts: true, extensions };

export const rateFunctions: Record<string, RangeFunction> = {
  rate: { evaluate: (window) => rate(window, true, true), column: () => new RateColumn(true, true), ...counter },
  increase: { evaluate: (window) => rate(window, true, false), column: () => new RateColumn(true, false), ...counter },
  delta: { evaluate: (window) => rate(window, false, false), column: () => new RateColumn(false, false), extensions },
};

function rate(window: Window, isCounter: boolean, perSecond: boolean): boolean {
  return window.extension === 'none'
    ? extrapolatedRate(window, isCounter, perSecond)
    : extendedRate(window, isCounter, perSecond);
}

/**
 * The change over the range, extrapolated to its boundaries: all the way where a sample is near, else half the average distance.
 * A counter is not extrapolated to below zero.
 */
function extrapolatedRate(window: Window, isCounter: boolean, perSecond: boolean): boolean {
  const { times, values, from, to, rangeStartMs, rangeEndMs, starts } = window;
  const last = to - 1;
  const firstMs = times[from]!;
  const lastMs = times[last]!;
  let change = values[last]! - values[from]!;
  if (isCounter) change = starts === null ? addResets(window, change) : addResetsWithStarts(window, starts, change);
  let sampledSeconds = (lastMs - firstMs) / 1000;
  let toStart = (firstMs - rangeStartMs) / 1000;
  let toEnd = (rangeEndMs - lastMs) / 1000;
  const average = last > from ? sampledSeconds / (last - from) : 0;
  const threshold = average * EXTRAPOLATION_FACTOR;
  const started = starts === null ? 0 : starts[from]!;
  if (isCounter && started !== 0 && started > rangeStartMs && started < firstMs) {
    // It began at zero within the range: nothing to extrapolate to the left.
    toStart = 0;
    sampledSeconds = (lastMs - started) / 1000;
    change += values[from]!;
  } else if (last === from) return false;
  else {
    if (toStart >= threshold) toStart = average / 2;
    if (isCounter && change > 0 && values[from]! >= 0)
      toStart = Math.min(toStart, sampledSeconds * (values[from]! / change));
  }
  if (toEnd >= threshold) toEnd = average / 2;
  let factor = sampledSeconds === 0 ? 1 : (sampledSeconds + toStart + toEnd) / sampledSeconds;
  if (perSecond) factor /= seconds(window.rangeMs);
  window.result = change * factor;
  return true;
}

/** Adds the value before each reset, which the counter had reached before it began anew. */
function addResets({ values, from, to }: Window, change: number): number {
  let total = change;
  for (let at = from + 1; at < to; at++) if (values[at]! < values[at - 1]!) total += values[at - 1]!;
  return total;
}

function addResetsWithStarts(window: Window, starts: Float64Array, change: number): number {
  const { times, values, from, to } = window;
  let total = change;
  let warned = false;
  for (let at = from + 1; at < to; at++) {
    if (!warned) warned = warnOfOverlap(window, starts, at);
    if (values[at]! < values[at - 1]! || isStartReset(starts, times, at)) total += values[at - 1]!;
  }
  return total;
}
