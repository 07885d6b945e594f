import { CompensatedSum } from '../numbers/compensated-sum.ts';
import type { RangeFunction, Window } from './window.ts';

/** Sums, means and spreads of the samples of a range. */
export const totalFunctions: Record<string, RangeFunction> = {
  sum_over_time: { evaluate: (window) => gives(window, sum(window)) },
  avg_over_time: { evaluate: (window) => gives(window, mean(window)) },
  count_over_time: { evaluate: (window) => gives(window, window.to - window.from) },
  present_over_time: { evaluate: (window) => gives(window, 1) },
  absent_over_time: { evaluate: (window) => gives(window, 1) },
  stdvar_over_time: { evaluate: (window) => gives(window, variance(window)) },
  stddev_over_time: { evaluate: (window) => gives(window, Math.sqrt(variance(window))) },
};

const total = new CompensatedSum();
const squares = new CompensatedSum();

function gives(window: Window, result: number): boolean {
  window.result = result;
  return true;
}

function sum({ values, from, to }: Window): number {
  total.reset();
  for (let at = from; at < to; at++) total.add(values[at]!);
  return Number.isFinite(total.sum) || Number.isNaN(total.sum) ? total.sum + total.rest : total.sum;
}

/** Sum by count, as long as the sum does not overflow; from there on the mean is carried along. */
function mean({ values, from, to }: Window): number {
  total.reset(values[from]!);
  let at = from + 1;
  for (; at < to; at++) {
    const { sum: before, rest } = total;
    total.add(values[at]!);
    if (total.sum === Number.POSITIVE_INFINITY || total.sum === Number.NEGATIVE_INFINITY) {
      total.reset(before, rest);
      break;
    }
  }
  const count = to - from;
  if (at === to) return total.sum / count + total.rest / count;
  total.reset(total.sum / (at - from), total.rest / (at - from));
  for (; at < to; at++) {
    const seen = at - from + 1;
    const weight = (seen - 1) / seen;
    total.reset(weight * total.sum, weight * total.rest);
    total.add(values[at]! / seen);
  }
  return total.sum + total.rest;
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
