import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RangeHasher, rangeHash } from './range-hash.ts';

const bytes = fc.uint8Array({ maxLength: 10_000 });

test('however a range is cut into pieces, its hash is the same', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(10_000)), (content, cuts) => {
      const hasher = new RangeHasher();
      let at = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), content.length]) {
        const piece = Uint8Array.from(content.subarray(at, Math.min(cut, content.length)));
        hasher.update(piece);
        piece.fill(0); // the caller may reuse it
        at = Math.max(at, Math.min(cut, content.length));
      }
      assert.equal(hasher.digest(), rangeHash(content));
    }),
  );
});

test('a byte that differs anywhere gives another hash', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 10_000 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (content, where, by) => {
        const other = Uint8Array.from(content);
        other[where % content.length]! ^= by;
        assert.notEqual(rangeHash(other), rangeHash(content));
      },
    ),
  );
});

test('the hash has 32 hex digits, also of nothing', () => {
  assert.match(rangeHash(), /^[0-9a-f]{32}$/);
});
