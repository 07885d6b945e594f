import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeSet } from './ranges.ts';

test('ranges that touch are one', () => {
  assert.deepEqual(RangeSet.of([5, 7], [1, 3], [3, 5]).ranges, [[1, 7]]);
  assert.deepEqual(RangeSet.of([1, 2], [4, 5], [0, 9]).ranges, [[0, 9]]);
  assert.deepEqual(RangeSet.of([1, 1]).ranges, []);
});

test('it answers as a set of numbers does', () => {
  const range = fc.tuple(fc.nat(40), fc.nat(8)).map(([from, length]): [number, number] => [from, from + length]);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), fc.nat(60), (ranges, at) => {
      const set = RangeSet.of(...ranges);
      const slow = new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)));
      let missing = at;
      while (slow.has(missing)) missing++;
      assert.equal(set.firstMissing(at), missing);
      assert.equal(set.size, slow.size);
      assert.equal(set.isEmpty, slow.size === 0);
      assert.equal(set.end, slow.size === 0 ? 0 : Math.max(...slow) + 1);
      assert.equal(set.missingBelow(at), Array.from({ length: at }, (_, i) => i).filter((i) => !slow.has(i)).length);
      const next = [...slow].filter((value) => value > missing).sort((a, b) => a - b)[0] ?? Number.POSITIVE_INFINITY;
      assert.equal(set.nextFrom(missing), next);
    }),
  );
});
