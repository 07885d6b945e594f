import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared } from './compare.ts';

const kindOf = (before: number, after: number, exposure: [number, number] = [1, 1]) =>
  compared([before, after], exposure).kind;

test('what was not there is new, what no longer comes is gone', () => {
  assert.deepEqual(compared([0, 3], [60, 60]), { kind: 'new', ratio: null });
  assert.deepEqual(compared([3, 0], [60, 60]), { kind: 'gone', ratio: 0 });
});

test('more and less are told for the same time, and not where it may be chance', () => {
  assert.equal(kindOf(100, 300), 'more');
  assert.equal(kindOf(100, 300, [10, 30]), 'same', 'three times as long');
  assert.equal(kindOf(300, 100), 'less');
  assert.equal(kindOf(1, 3), 'same', 'three instead of one is chance');
  assert.equal(kindOf(10_000, 11_000), 'same', 'certain, but a tenth more');
  assert.equal(compared([100, 300], [1, 1]).ratio, 3);
});
