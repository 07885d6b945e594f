import { CompensatedSum } from '../numbers/compensated-sum.ts';
import type { RangeFunction, Window } from './window.ts';

/** The line of least squares through the samples of a range. */
export const regressionFunctions: Record<string, RangeFunction> = {
  deriv: {
    evaluate(window) {
      // Measured from a time near the samples, so that large numbers do not eat the digits.
      if (!fit(window, window.times[window.from]!)) return false;
      window.result = slope;
      return true;
    },
  },
  predict_linear: {
    evaluate(window) {
      if (!fit(window, window.evalMs)) return false;
      window.result = slope * window.args[0]! + intercept;
      return true;
    },
  },
};

const sumX = new CompensatedSum();
const sumY = new CompensatedSum();
const sumXY = new CompensatedSum();
const sumXX = new CompensatedSum();
let slope = 0;
let intercept = 0;

/** Sets slope and intercept; false with fewer than two samples. */
function fit({ times, values, from, to }: Window, interceptMs: number): boolean {
  const count = to - from;
  if (count < 2) return false;
  for (const sum of [sumX, sumY, sumXY, sumXX]) sum.reset();
  const first = values[from]!;
  let isConstant = true;
  for (let at = from; at < to; at++) {
    const y = values[at]!;
    if (y !== first && at > from) isConstant = false;
    const x = (times[at]! - interceptMs) / 1e3;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (isConstant) {
    const isInfinite = first === Number.POSITIVE_INFINITY || first === Number.NEGATIVE_INFINITY;
    slope = isInfinite ? Number.NaN : 0;
    intercept = isInfinite ? Number.NaN : first;
    return true;
  }
  const [x, y] = [sumX.sum + sumX.rest, sumY.sum + sumY.rest];
  const covariance = sumXY.sum + sumXY.rest - (x * y) / count;
  const variance = sumXX.sum + sumXX.rest - (x * x) / count;
  slope = covariance / variance;
  intercept = y / count - (slope * x) / count;
  return true;
}
