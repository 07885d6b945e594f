import type { BucketPlan } from './plan.ts';

/** Buckets of windows; see BucketPlan. Bucket ids are whole numbers in the order of time. */
export interface Buckets {
  /** Of a time, in nanoseconds from the end of the first window. */
  of(time: number): number;
  /** First and last bucket of the window that ends at a step. */
  window(step: number): readonly [number, number];
  /** Whether a bucket lies between two windows, in none of them. */
  isGap(bucket: number): boolean;
}

export function bucketsOf({ stepNs, rangeNs }: BucketPlan): Buckets {
  const whole = Math.floor(rangeNs / stepNs);
  const rest = rangeNs - whole * stepNs;
  if (rest === 0) {
    return { of: (time) => Math.ceil(time / stepNs), window: (step) => [step - whole + 1, step], isGap: () => false };
  }
  const split = stepNs - rest;
  return {
    of(time) {
      const period = Math.ceil(time / stepNs);
      const inside = time - (period - 1) * stepNs;
      return 2 * period + (inside > split ? 1 : 0);
    },
    window: (step) => [2 * (step - whole) + 1, 2 * step + 1],
    isGap: (bucket) => whole === 0 && bucket % 2 === 0,
  };
}
