import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { JsonBytes } from './json-bytes.ts';
import { valueText } from './json-number.ts';

const written = (write: (out: JsonBytes) => void) => {
  const out = new JsonBytes(16);
  write(out);
  return out.take().toString();
};

const decimals = fc
  .tuple(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.integer({ min: 0, max: 8 }))
  .map(([whole, places]) => whole / 10 ** places);

test('numbers have the same digits as their text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), decimals, fc.integer()), (value) => {
      assert.equal(
        written((out) => out.value(value)),
        valueText(value),
      );
    }),
    { numRuns: 2000 },
  );
  for (const value of [
    0,
    -0,
    1e15,
    1e15 - 1,
    999_999.9999995,
    1e-6,
    9.99e-7,
    0.1,
    -0.001,
    12_345_678.000001,
    2 ** 53,
  ]) {
    assert.equal(
      written((out) => out.value(value)),
      valueText(value),
    );
  }
});

test('strings are quoted as JSON has it, and text stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(
        written((out) => out.quoted(text)),
        Buffer.from(JSON.stringify(text)).toString(),
      );
    }),
  );
  assert.equal(
    written((out) => out.text('ä€😀')),
    'ä€😀',
  );
});

test('pieces have memory of their own, of exactly their length', () => {
  const out = new JsonBytes(8);
  out.text('a long text that does not fit');
  const piece = out.take();
  out.text('other');
  assert.equal(piece.toString(), 'a long text that does not fit');
  assert.equal(piece.buffer.byteLength, piece.length);
  assert.equal(out.take().toString(), 'other');
});

test('words are written up to the byte that was asked for', () => {
  const bytes = Buffer.from('....abcdefgh....');
  const words = Uint32Array.from({ length: 4 }, (_, at) => bytes.readUInt32LE(4 * at));
  assert.equal(
    written((out) => {
      out.text('<');
      out.words(words, 1, 6);
      out.text('>');
    }),
    '<abcdef>',
  );
});
