import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteKeys } from './byte-keys.ts';

test('the same bytes have the same number, others another one', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 200 }), fc.integer(), (all, seed) => {
      const keys = new ByteKeys(seed);
      const numbers = new Map<string, number>();
      for (const bytes of all) {
        // They stand somewhere in a larger buffer.
        const buffer = Buffer.concat([Buffer.from('xy'), bytes, Buffer.from('z')]);
        const [start, end] = [2, 2 + bytes.length];
        const text = Buffer.from(bytes).toString('hex');
        const known = numbers.get(text);
        assert.equal(keys.find(buffer, start, end), known ?? -1);
        if (known === undefined) numbers.set(text, keys.add(buffer, start, end));
      }
      assert.deepEqual(
        [...numbers.values()],
        [...numbers.keys()].map((_, at) => at),
      );
      assert.equal(keys.size, numbers.size);
    }),
  );
});

test('keys that end alike are told apart, and their common end is kept once', () => {
  const ends = ['', 'a', 'b'].flatMap((first) => [40, 41, 100].map((length) => first + 'e'.repeat(length)));
  const key = fc.tuple(fc.string({ maxLength: 40 }), fc.constantFrom(...ends)).map(([own, end]) => own + end);
  fc.assert(
    fc.property(fc.array(key, { maxLength: 100 }), (texts) => {
      const keys = new ByteKeys(1);
      const numbers = new Map<string, number>();
      for (const text of texts) {
        const bytes = Buffer.from(text);
        assert.equal(keys.find(bytes, 0, bytes.length), numbers.get(text) ?? -1);
        if (!numbers.has(text)) numbers.set(text, keys.add(bytes, 0, bytes.length));
      }
      for (const [text, number] of numbers)
        assert.equal(keys.find(Buffer.from(text), 0, Buffer.byteLength(text)), number);
    }),
  );
  const keys = new ByteKeys(1);
  for (let number = 0; number < 1000; number++) {
    const bytes = Buffer.from(`metric_${number}${'of the same pod'.repeat(30)}`);
    keys.add(bytes, 0, bytes.length);
  }
  assert.ok(keys.bytes < 1000 * 20, `${keys.bytes} bytes`);
});

test('it grows past its first room, and forgets everything at once', () => {
  const keys = new ByteKeys(1);
  const bytesOf = (number: number) => Buffer.from(`series number ${number}`);
  for (let number = 0; number < 20_000; number++) keys.add(bytesOf(number), 0, bytesOf(number).length);
  for (const number of [0, 511, 512, 19_999]) {
    assert.equal(keys.find(bytesOf(number), 0, bytesOf(number).length), number);
  }
  keys.clear();
  assert.equal(keys.find(bytesOf(0), 0, bytesOf(0).length), -1);
  assert.equal(keys.add(bytesOf(7), 0, bytesOf(7).length), 0);
});
