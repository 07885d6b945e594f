import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { KnownSeries, UNKNOWN } from './exposition.ts';
import { knownBytesMax } from './known-lines.ts';

test('what was put in under some bytes is found under these bytes and no others', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 600 }),
      fc.integer(),
      (texts, seed) => {
        const known = new KnownSeries(() => (seed >>> 0) / 2 ** 32);
        const [inside, outside] = [texts.filter((_, at) => at % 2 === 0), texts.filter((_, at) => at % 2 === 1)];
        const find = (text: string) => {
          const page = Buffer.from(`x${text}y`);
          return known.find(page, 1, page.length - 1);
        };
        inside.forEach((text, entry) => {
          assert.equal(find(text), UNKNOWN);
          known.put(entry);
        });
        inside.forEach((text, entry) => {
          assert.equal(find(text), entry);
        });
        for (const text of outside) assert.equal(find(text), UNKNOWN);
        assert.equal(known.size, inside.length);
        known.clear();
        for (const text of texts) assert.equal(find(text), UNKNOWN);
      },
    ),
  );
});

test('what is too long is not remembered', () => {
  const known = new KnownSeries(() => 0.4);
  for (const length of [knownBytesMax, knownBytesMax + 1]) {
    const page = Buffer.alloc(length, 'a');
    assert.equal(known.find(page, 0, length), UNKNOWN);
    known.put(7);
    assert.equal(known.find(page, 0, length), length > knownBytesMax ? UNKNOWN : 7);
  }
});
