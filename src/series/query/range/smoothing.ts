import { formatSixDecimals } from '../../../base/go-float.ts';
import { QueryError } from '../run/query-error.ts';
import type { RangeFunction, Window } from './window.ts';

/** Holt's double exponential smoothing: a level and a trend, each with its factor. */
export const smoothingFunctions: Record<string, RangeFunction> = {
  double_exponential_smoothing: { evaluate: smooth },
};

function smooth(window: Window): boolean {
  const { values, from, to } = window;
  const smoothing = factor('smoothing', 'sf', window.args[0]!);
  const trending = factor('trend', 'tf', window.args[1]!);
  if (to - from < 2) return false;
  let before = 0;
  let level = values[from]!;
  let trend = values[from + 1]! - values[from]!;
  for (let at = from + 1; at < to; at++) {
    const scaled = smoothing * values[at]!;
    if (at > from + 1) trend = trending * (level - before) + (1 - trending) * trend;
    const carried = (1 - smoothing) * (level + trend);
    before = level;
    level = scaled + carried;
  }
  window.result = level;
  return true;
}

function factor(what: string, name: string, value: number): number {
  if (value <= 0 || value >= 1) {
    throw new QueryError(`invalid ${what} factor. Expected: 0 < ${name} < 1, got: ${formatSixDecimals(value)}`);
  }
  return value;
}
