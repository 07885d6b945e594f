import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Fault } from './fault.ts';
import { snappyDecode } from './snappy.ts';

const bytesMax = 10_000;

/** A literal of the text, as short as it can be. */
function literal(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  return [(bytes.length - 1) << 2, ...bytes];
}

test('literals and copies of every kind give the text', () => {
  const cases: [number[], string][] = [
    [[0], ''],
    [[5, ...literal('abcde')], 'abcde'],
    // A copy of one byte of offset that reaches into itself.
    [[10, ...literal('ab'), (((8 - 4) & 7) << 2) | 1, 2], 'ababababab'],
    [[6, ...literal('abc'), ((3 - 1) << 2) | 2, 3, 0], 'abcabc'],
    [[6, ...literal('abc'), ((3 - 1) << 2) | 3, 3, 0, 0, 0], 'abcabc'],
    [[4, 60 << 2, 3, ...Buffer.from('long')], 'long'],
    [[4, 61 << 2, 3, 0, ...Buffer.from('long')], 'long'],
  ];
  for (const [bytes, text] of cases) assert.equal(snappyDecode(Buffer.from(bytes), bytesMax).toString(), text);
});

test('what is not snappy is refused in words', () => {
  const cases: [number[], RegExp][] = [
    [[], /the length at its beginning/],
    [[255, 255, 255, 255, 255, 1], /the length at its beginning/],
    [[0xff, 0xff, 0x7f], /more than the 10000 that are taken/],
    [[200, 1, 0], /2 bytes|3 bytes cannot hold 200/],
    [[3, ...literal('ab')], /holds 2 bytes and claims 3/],
    [[1, ...literal('ab')], /longer than what is left/],
    [[5, 4 << 2, 1, 2], /longer than what is left/],
    [[5, 61 << 2, 1], /a literal is cut off/],
    [[5, ...literal('a'), 1], /a copy is cut off/],
    [[5, ...literal('a'), 2, 1], /a copy is cut off/],
    [[5, ...literal('a'), 1, 0], /begins before the text/],
    [[5, ...literal('a'), 1, 9], /begins before the text/],
    [[4, ...literal('a'), 1, 1], /longer than what is left/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => snappyDecode(Buffer.from(bytes), bytesMax), { code: 'bad-request', message }, String(bytes));
  }
});

test('whatever the bytes, they are decoded or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        assert.ok(snappyDecode(Buffer.from(bytes), bytesMax).length <= bytesMax);
      } catch (error) {
        assert.ok(error instanceof Fault);
      }
    }),
  );
});
