/**
 * The q-quantile of the first `count` values by linear interpolation between the two nearest ranks. Sorts them in place; NaN counts
 * as the smallest.
 * NaN where there are no values or q is NaN; -Inf and +Inf where q is below 0 or above 1.
 */
export function quantile(q: number, values: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  sortNanFirst(values, count);
  const rank = q * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return values[lower]! * (1 - weight) + values[upper]! * weight;
}

/** Up to this many values, inserting them one by one is faster than a general sort. */
const INSERTION_COUNT = 64;

function sortNanFirst(values: Float64Array, count: number): void {
  let nans = 0;
  for (let at = 0; at < count; at++) {
    const value = values[at]!;
    if (!Number.isNaN(value)) continue;
    values[at] = values[nans]!;
    values[nans++] = value;
  }
  if (count - nans > INSERTION_COUNT) {
    values.subarray(nans, count).sort();
    return;
  }
  for (let at = nans + 1; at < count; at++) {
    const value = values[at]!;
    let place = at;
    for (; place > nans && values[place - 1]! > value; place--) values[place] = values[place - 1]!;
    values[place] = value;
  }
}
