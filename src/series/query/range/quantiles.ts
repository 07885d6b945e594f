import { quantile } from '../numbers/quantile.ts';
import { warnOfQuantile } from '../run/quantile-warning.ts';
import type { RangeFunction, Window } from './window.ts';

export const quantileFunctions: Record<string, RangeFunction> = {
  quantile_over_time: {
    evaluate(window) {
      const q = window.args[0]!;
      warnOfQuantile(window.annotations, q, window.position);
      window.result = quantile(q, samples(window));
      return true;
    },
  },
  mad_over_time: {
    evaluate(window) {
      window.result = medianDeviation(samples(window));
      return true;
    },
  },
};

function samples({ values, from, to }: Window): Float64Array {
  return values.slice(from, to);
}

/** The median of the distances from the median. */
function medianDeviation(values: Float64Array): number {
  for (const value of values) if (Number.isNaN(value)) return Number.NaN;
  const median = quantile(0.5, values);
  for (let at = 0; at < values.length; at++) values[at] = Math.abs(values[at]! - median);
  return quantile(0.5, values);
}
