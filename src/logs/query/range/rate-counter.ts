/** From this many average distances on, the first or last sample is too far from the window's edge to reach it. */
const REACH = 1.1;

/**
 * The increase of a counter a second, resets taken into account, extrapolated to the window's edges: the method of Prometheus's `rate`.
 * Times are in nanoseconds; samples are in the order of time. Fewer than two give 0.
 */
export function extrapolatedRate(
  values: readonly number[],
  times: readonly number[],
  windowEnd: number,
  rangeNs: number,
): number {
  const last = values.length - 1;
  if (last < 1) return 0;
  let increase = values[last]! - values[0]!;
  for (let at = 1; at <= last; at++) if (values[at]! < values[at - 1]!) increase += values[at - 1]!;
  const sampled = (times[last]! - times[0]!) / 1e9;
  const distance = sampled / last;
  let toStart = (times[0]! - (windowEnd - rangeNs)) / 1e9;
  let toEnd = (windowEnd - times[last]!) / 1e9;
  if (toStart >= distance * REACH) toStart = distance / 2;
  // A counter does not fall below zero.
  if (increase > 0 && values[0]! >= 0) toStart = Math.min(toStart, sampled * (values[0]! / increase));
  if (toEnd >= distance * REACH) toEnd = distance / 2;
  return (increase * ((sampled + toStart + toEnd) / sampled)) / (rangeNs / 1e9);
}
