/**
 * The q-quantile of values by linear interpolation between the two nearest ranks. Sorts `values` in place; NaN counts as the smallest.
 * NaN where there are no values or q is NaN; -Inf and +Inf where q is below 0 or above 1.
 */
export function quantile(q: number, values: Float64Array): number {
  const count = values.length;
  if (count === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  values.sort();
  // A typed array sorts NaN last.
  let nans = 0;
  while (nans < count && Number.isNaN(values[count - 1 - nans])) nans++;
  const ranked = (index: number) => (index < nans ? Number.NaN : values[index - nans]!);
  const rank = q * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return ranked(lower) * (1 - weight) + ranked(upper) * weight;
}
