import { firstAfter } from '../run/selected-series.ts';
import { ChangeColumn } from './change-column.ts';
import { isStartReset } from './start-timestamps.ts';
import type { RangeFunction, Window } from './window.ts';

/** How often a value changed, or a counter began anew. With `anchored`, the last sample before the range is the first of all. */
export const changeFunctions: Record<string, RangeFunction> = {
  resets: {
    evaluate: (window) => count(window, isReset),
    column: () => new ChangeColumn(falls),
    usesStarts: true,
    extensions: ['anchored'],
  },
  changes: {
    evaluate: (window) => count(window, isChange),
    column: () => new ChangeColumn(differs),
    extensions: ['anchored'],
  },
};

function count(window: Window, happens: (window: Window, at: number) => boolean): boolean {
  let first = window.from;
  if (window.extension === 'anchored') {
    const inside = firstAfter(window.times, window.rangeStartMs, window.from, window.to);
    if (inside >= window.to) return false;
    first = Math.max(window.from, inside - 1);
  }
  let times = 0;
  for (let at = first + 1; at < window.to; at++) if (happens(window, at)) times++;
  window.result = times;
  return true;
}

function isReset({ values, starts, times }: Window, at: number): boolean {
  return falls(values[at - 1]!, values[at]!) || (starts !== null && isStartReset(starts, times, at));
}

function isChange({ values }: Window, at: number): boolean {
  return differs(values[at - 1]!, values[at]!);
}

function falls(before: number, now: number): boolean {
  return now < before;
}

function differs(before: number, now: number): boolean {
  return now !== before && !(Number.isNaN(now) && Number.isNaN(before));
}
