import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Coverage } from './coverage.ts';

const cover = (from: number, to: number) => ({ segment: 's', from, to, hash: `${from}-${to}` });

test('Coverage agrees with a set of bytes, whatever the order, and after it was written and read', () => {
  const range = fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 150 }), (ranges) => {
      let coverage = Coverage.empty();
      const bytes = new Set<number>();
      for (const [from, length] of ranges) {
        const wanted = Array.from({ length }, (_, i) => from + i);
        const verdict = coverage.verdict(cover(from, from + length));
        assert.equal(verdict === 'new', !wanted.some((byte) => bytes.has(byte)));
        if (verdict !== 'new') continue;
        coverage.add(cover(from, from + length));
        for (const byte of wanted) bytes.add(byte);
        coverage = Coverage.parse(coverage.format());
      }
      const held = coverage.held().flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      assert.deepEqual(
        held,
        [...bytes].sort((a, b) => a - b),
      );
      const missing = coverage.missing(0, 300).reduce((sum, { from, to }) => sum + (to! - from), 0);
      assert.equal(missing, 300 - bytes.size);
      assert.equal(coverage.contains(0, 300), false);
    }),
  );
});

test('A segment read from front to back needs few pieces, and knows its latest covers again', () => {
  const coverage = Coverage.empty();
  for (let i = 0; i < 100_000; i++) coverage.add(cover(i * 10, i * 10 + 10));
  assert.ok(coverage.pieceCount <= 64, `${coverage.pieceCount} pieces`);
  assert.deepEqual(coverage.held(), [{ from: 0, to: 1_000_000, tailFrom: 999_990, tailHash: '999990-1000000' }]);
  assert.equal(coverage.verdict(cover(999_900, 999_910)), 'held');
  assert.equal(coverage.verdict({ ...cover(999_900, 999_910), hash: 'other' }), 'overlap');
  assert.equal(coverage.verdict(cover(0, 10)), 'overlap');
});
