/** Counts of observations up to an upper bound, cumulative. */
export interface Bucket {
  upperBound: number;
  count: number;
}

/** What had to be put right before counts rose from bucket to bucket. */
export interface Fix {
  forced: boolean;
  minBucket: number;
  maxBucket: number;
  maxDifference: number;
}

/** Differences this small come from computing with floats and are ignored. */
const TOLERANCE = 1e-12;
const SMALLEST_NORMAL = 2 ** -1022;

/** The q-quantile, on a line within the bucket that it falls into. NaN without a bucket up to +Inf. Changes `buckets` and sets `fix`. */
export function bucketQuantile(q: number, buckets: Bucket[], fix: Fix): number {
  fix.forced = false;
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const sorted = sortAndJoin(buckets);
  if (sorted === undefined) return Number.NaN;
  makeMonotonic(sorted, fix);
  const highest = sorted.length - 1;
  const observations = sorted[highest]!.count;
  if (sorted.length < 2 || observations === 0) return Number.NaN;
  let rank = q * observations;
  let at = 0;
  while (at < highest && !(sorted[at]!.count >= rank)) at++;
  if (at === highest) return sorted[highest - 1]!.upperBound;
  const { upperBound, count: upTo } = sorted[at]!;
  if (at === 0 && upperBound <= 0) return upperBound;
  let lowerBound = 0;
  let count = upTo;
  if (at > 0) {
    lowerBound = sorted[at - 1]!.upperBound;
    count -= sorted[at - 1]!.count;
    rank -= sorted[at - 1]!.count;
  }
  return lowerBound + (upperBound - lowerBound) * (rank / count);
}

/** The share of observations between two values. */
export function bucketFraction(lower: number, upper: number, buckets: Bucket[]): number {
  const sorted = sortAndJoin(buckets);
  if (sorted === undefined) return Number.NaN;
  const total = sorted.at(-1)!.count;
  if (total === 0 || Number.isNaN(total) || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, sorted, total) - rankOf(lower, sorted, total)) / total;
}

/** How many observations lie below a value. */
function rankOf(value: number, buckets: Bucket[], total: number): number {
  let below = 0;
  let lowerBound = buckets[0]!.upperBound <= 0 ? Number.NEGATIVE_INFINITY : 0;
  for (const { upperBound, count } of buckets) {
    if (lowerBound >= value) return Math.min(below, total);
    if (upperBound > value) {
      const within = below + ((count - below) * (value - lowerBound)) / (upperBound - lowerBound);
      return Math.min(lowerBound === Number.NEGATIVE_INFINITY ? count : within, total);
    }
    below = count;
    lowerBound = upperBound;
  }
  return total;
}

/** By upper bound, equal ones added up; undefined where the last one does not reach +Inf. */
function sortAndJoin(buckets: Bucket[]): Bucket[] | undefined {
  buckets.sort((a, b) => (a.upperBound < b.upperBound ? -1 : a.upperBound > b.upperBound ? 1 : 0));
  if (buckets.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return undefined;
  const joined: Bucket[] = [];
  for (const bucket of buckets) {
    const last = joined.at(-1);
    if (last?.upperBound === bucket.upperBound) last.count += bucket.count;
    else joined.push(bucket);
  }
  return joined;
}

function makeMonotonic(buckets: Bucket[], fix: Fix): void {
  fix.minBucket = Number.POSITIVE_INFINITY;
  fix.maxBucket = Number.NEGATIVE_INFINITY;
  fix.maxDifference = 0;
  let previous = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    const { count, upperBound } = bucket;
    if (count === previous) continue;
    if (isAlmostEqual(previous, count)) bucket.count = previous;
    else if (count < previous) {
      bucket.count = previous;
      fix.forced = true;
      fix.minBucket = Math.min(fix.minBucket, upperBound);
      fix.maxBucket = Math.max(fix.maxBucket, upperBound);
      fix.maxDifference = Math.max(fix.maxDifference, previous - count);
    } else previous = count;
  }
}

function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < TOLERANCE * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}
