import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bucketsOf } from './buckets.ts';

test('a time is in the buckets of exactly those windows that hold it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: -300, max: 600 }),
      fc.integer({ min: 0, max: 10 }),
      (stepNs, rangeNs, time, step) => {
        const buckets = bucketsOf({ startNs: 0n, stepNs, rangeNs, steps: 11 });
        const [first, last] = buckets.window(step);
        const bucket = buckets.of(time);
        const end = step * stepNs;
        assert.equal(bucket >= first && bucket <= last, time > end - rangeNs && time <= end);
      },
    ),
    { numRuns: 2000 },
  );
});
