import { CompensatedSum } from '../numbers/compensated-sum.ts';
import { countColumn, oneColumn, SumColumn } from './total-columns.ts';
import type { RangeFunction, Window } from './window.ts';

/** Sums, means and spreads of the samples of a range. */
export const totalFunctions: Record<string, RangeFunction> = {
  sum_over_time: { column: () => new SumColumn(false) },
  avg_over_time: { column: () => new SumColumn(true) },
  count_over_time: { column: () => countColumn },
  present_over_time: { column: () => oneColumn },
  absent_over_time: { column: () => oneColumn },
  stdvar_over_time: { evaluate: (window) => gives(window, variance(window)) },
  stddev_over_time: { evaluate: (window) => gives(window, Math.sqrt(variance(window))) },
};

const total = new CompensatedSum();
const squares = new CompensatedSum();

function gives(window: Window, result: number): boolean {
  window.result = result;
  return true;
}

/** Welford's method, with both running values compensated. */
function variance({ values, from, to }: Window): number {
  total.reset();
  squares.reset();
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    const delta = value - (total.sum + total.rest);
    total.add(delta / (at - from + 1));
    squares.add(delta * (value - (total.sum + total.rest)));
  }
  return (squares.sum + squares.rest) / (to - from);
}
