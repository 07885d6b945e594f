import { quote } from '../../../base/go-quote.ts';
import { Occurrences } from '../run/annotations.ts';
import type { Window } from './window.ts';

/** Whether the sample at `at` counts from a later beginning than the one before it. Unknown (0) and impossible beginnings say nothing. */
export function isStartReset(starts: Float64Array, times: Float64Array, at: number): boolean {
  const started = starts[at]!;
  const before = times[at - 1]!;
  if (started === 0 || started >= times[at]! || started < before) return false;
  if (started > before) return true;
  // It begins where the one before ends: a delta series, unless the beginning of that one is not known.
  const startedBefore = starts[at - 1]!;
  return startedBefore !== 0 && startedBefore < before;
}

/** Warns where a sample begins before the one before it ended; whether it did. */
export function warnOfOverlap(window: Window, starts: Float64Array, at: number): boolean {
  const started = starts[at]!;
  if (started === 0 || started >= window.times[at - 1]! || started === starts[at - 1]!) return false;
  const { metricName, annotations, position } = window;
  const what = 'sample has start time that overlaps with previous sample timestamp';
  annotations.warn(`${what} for metric ${quote(metricName)}`, position, new Occurrences());
  return true;
}
