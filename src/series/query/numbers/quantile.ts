/**
 * The q-quantile of the first `count` values by linear interpolation between the two nearest ranks. Moves them about; NaN counts as the
 * smallest.
 * NaN where there are no values or q is NaN; -Inf and +Inf where q is below 0 or above 1.
 */
export function quantile(q: number, values: Float64Array, count: number): number {
  if (!(count > 0 && q >= 0 && q <= 1)) return beyond(q, count);
  const nans = nansFirst(values, count);
  const rank = q * (count - 1);
  const lower = Math.floor(rank);
  const low = lower < nans ? Number.NaN : nth(values, nans, count, lower);
  const upper = Math.min(count - 1, lower + 1);
  // What stands behind the one that was sought is no smaller.
  const high = upper < nans ? Number.NaN : upper === lower ? low : smallest(values, Math.max(upper, nans), count);
  const weight = rank - lower;
  return low * (1 - weight) + high * weight;
}

/** The same of values in ascending order, of which `nans` more come first. */
export function quantileOfSorted(q: number, sorted: Float64Array, length: number, nans: number): number {
  const count = length + nans;
  if (!(count > 0 && q >= 0 && q <= 1)) return beyond(q, count);
  const rank = q * (count - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(count - 1, lower + 1);
  const low = lower < nans ? Number.NaN : sorted[lower - nans]!;
  const high = upper < nans ? Number.NaN : sorted[upper - nans]!;
  const weight = rank - lower;
  return low * (1 - weight) + high * weight;
}

function beyond(q: number, count: number): number {
  if (count === 0 || Number.isNaN(q)) return Number.NaN;
  return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Puts NaNs in front and leaves the others in their order; gives the number of NaNs. */
function nansFirst(values: Float64Array, count: number): number {
  let to = count;
  for (let at = count - 1; at >= 0; at--) if (!Number.isNaN(values[at]!)) values[--to] = values[at]!;
  values.fill(Number.NaN, 0, to);
  return to;
}

/** Up to this many values, inserting them one by one is faster than dividing them. */
const INSERTION_COUNT = 16;
const ROUNDS_MAX = 100;

/** The value that would stand at `place` if those from `from` to `to` were sorted; afterwards it does, and those behind it are no smaller. */
function nth(values: Float64Array, from: number, to: number, place: number): number {
  let low = from;
  let high = to - 1;
  for (let rounds = 0; high - low >= INSERTION_COUNT; rounds++) {
    // Values that lie badly for this way of dividing them are sorted in another.
    if (rounds === ROUNDS_MAX) {
      values.subarray(low, high + 1).sort();
      return values[place]!;
    }
    const pivot = medianOfThree(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
    if (place <= right) high = right;
    else if (place >= left) low = left;
    else return values[place]!;
  }
  insertionSort(values, low, high + 1);
  return values[place]!;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function insertionSort(values: Float64Array, from: number, to: number): void {
  for (let at = from + 1; at < to; at++) {
    const value = values[at]!;
    let place = at;
    for (; place > from && values[place - 1]! > value; place--) values[place] = values[place - 1]!;
    values[place] = value;
  }
}

function smallest(values: Float64Array, from: number, to: number): number {
  let least = values[from]!;
  for (let at = from + 1; at < to; at++) if (values[at]! < least) least = values[at]!;
  return least;
}
