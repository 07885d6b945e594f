import type { TimeShift } from './plan.ts';
import type { QueryTimes } from './times.ts';

/** How far the subqueries around a selector reach back from the steps of the query. */
export interface Reach {
  outerOffsetMs: number;
  outerRangeMs: number;
  /** The innermost subquery with `@` sets the time for everything inside. */
  outerAtMs?: number;
}

export interface SelectorShape {
  lookbackMs: number;
  /** 0 for an instant selector. */
  rangeMs: number;
  extension: 'none' | 'anchored' | 'smoothed';
}

export function within(reach: Reach, { offsetMs, atMs }: TimeShift, rangeMs: number): Reach {
  if (atMs !== undefined) return { outerOffsetMs: offsetMs, outerRangeMs: rangeMs, outerAtMs: atMs };
  return { ...reach, outerOffsetMs: reach.outerOffsetMs + offsetMs, outerRangeMs: reach.outerRangeMs + rangeMs };
}

/** The times of the samples that a selector can need at any step; ranges and lookback exclude their left end. */
export function readWindow(
  times: QueryTimes,
  reach: Reach,
  shift: TimeShift,
  shape: SelectorShape,
): { minMs: number; maxMs: number } {
  const { lookbackMs, rangeMs, extension } = shape;
  const fixed = shift.atMs !== undefined;
  const first = shift.atMs ?? (reach.outerAtMs ?? times.startMs) - reach.outerOffsetMs - reach.outerRangeMs;
  const last = fixed ? first : (reach.outerAtMs ?? times.endMs) - reach.outerOffsetMs;
  const isInstant = rangeMs === 0;
  const before = (isInstant || extension !== 'none' ? lookbackMs : 0) + rangeMs - 1;
  const after = extension === 'smoothed' ? lookbackMs : 0;
  return { minMs: first - shift.offsetMs - before, maxMs: last - shift.offsetMs + after };
}
