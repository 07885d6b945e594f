import { formatGeneral } from '../../../base/go-float.ts';
import { QueryError } from '../run/query-error.ts';

/** What a float can be and still become a signed 64-bit number. */
const integerMax = 2 ** 63 - 1024;
const integerMin = -(2 ** 63);

/** Whether any step chooses anything; throws where a number of series is no number. */
export function choosesAny(k: Float64Array): boolean {
  let max = Number.NEGATIVE_INFINITY;
  let min = Number.POSITIVE_INFINITY;
  let hasNaN = false;
  for (const value of k) {
    if (Number.isNaN(value)) hasNaN = true;
    if (value > max) max = value;
    if (value < min) min = value;
  }
  if (!hasNaN && max < 1) return false;
  if (hasNaN) throw new QueryError('Parameter value is NaN');
  if (min <= integerMin) throw new QueryError(`Scalar value ${formatGeneral(min)} underflows int64`);
  if (max >= integerMax) throw new QueryError(`Scalar value ${formatGeneral(max)} overflows int64`);
  return true;
}
