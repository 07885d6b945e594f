import { quantile } from '../numbers/quantile.ts';
import { warnOfQuantile } from '../run/quantile-warning.ts';
import { QuantileColumn } from './quantile-column.ts';
import type { RangeFunction, Window } from './window.ts';

/** One for all windows: a window is copied, since sorting is done in place. */
let scratch = new Float64Array(1024);

export const quantileFunctions: Record<string, RangeFunction> = {
  quantile_over_time: {
    column: ({ annotations, position }) => new QuantileColumn((q) => warnOfQuantile(annotations, q, position)),
  },
  mad_over_time: {
    evaluate(window) {
      window.result = medianDeviation(copy(window));
      return true;
    },
  },
};

/** Puts the window's values into the scratch column; gives their number. */
function copy({ values, from, to }: Window): number {
  if (to - from > scratch.length) scratch = new Float64Array(2 * (to - from));
  for (let at = from; at < to; at++) scratch[at - from] = values[at]!;
  return to - from;
}

/** The median of the distances from the median. */
function medianDeviation(count: number): number {
  for (let at = 0; at < count; at++) if (Number.isNaN(scratch[at])) return Number.NaN;
  const median = quantile(0.5, scratch, count);
  for (let at = 0; at < count; at++) scratch[at] = Math.abs(scratch[at]! - median);
  return quantile(0.5, scratch, count);
}
