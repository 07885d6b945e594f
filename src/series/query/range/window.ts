import type { Annotations } from '../run/annotations.ts';
import type { Position } from '../text/position.ts';
import type { Windows } from './windows.ts';

/**
 * What a range function sees of one series at one step: the samples `from` (included) to `to` (excluded) of the columns.
 * One window serves all steps and series of a call; nothing in it may be kept.
 */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  /** Start timestamps, or null where the series has none or they are not to be used. */
  starts: Float64Array | null;
  from: number;
  to: number;
  /** The step's own time. */
  evalMs: number;
  /** Excluded. */
  rangeStartMs: number;
  /** Included. */
  rangeEndMs: number;
  rangeMs: number;
  extension: 'none' | 'anchored' | 'smoothed';
  /** The other arguments of the call at this step, in order. */
  args: number[];
  metricName: string;
  annotations: Annotations;
  /** Of the call's scalar, or of its range. */
  position: Position;
  /** What the function gives, if it returned true. */
  result: number;
}

/** A function has a `column`, or `evaluate`, or both where the column does not know of everything. */
export interface RangeFunction {
  /** Sets `window.result`; false where there is no result. The window has at least one sample. */
  evaluate?(window: Window): boolean;
  /** The result is one of the samples: the metric's name stays. */
  keepsName?: boolean;
  usesStarts?: boolean;
  /** Works with samples around the range, too. */
  extensions?: readonly Window['extension'][];
  /** All steps of a series at once; used where samples are taken as they are: no extension, no start timestamps. */
  column?: (call: Pick<Window, 'annotations' | 'position'>) => ColumnFunction;
}

/** A range function over whole columns. One serves all series of a call, one after the other. */
export interface ColumnFunction {
  /** Steps with fewer samples have no result. */
  samplesMin: number;
  /** The windows stand over other times now. */
  retime?(windows: Windows): void;
  /**
   * Sets `out` at each step that has enough samples; what it sets elsewhere does not matter. `args` are the other arguments of the call, each
   * by step.
   */
  evaluate(values: Float64Array, windows: Windows, out: Float64Array, args: readonly Float64Array[]): void;
}

/** A sample is near a boundary up to this many times the average distance between samples. */
export const EXTRAPOLATION_FACTOR = 1.1;

/** Go's Duration.Seconds(): whole seconds and the rest are added as two numbers. */
export function seconds(milliseconds: number): number {
  return Math.trunc(milliseconds / 1000) + ((milliseconds % 1000) * 1e6) / 1e9;
}
