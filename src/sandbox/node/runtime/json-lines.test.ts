import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonLines } from './json-lines.ts';

test('messages come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), (messages, step) => {
      const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
      const lines = new JsonLines(1_000_000);
      const seen: unknown[] = [];
      for (let at = 0; at < bytes.length; at += step) seen.push(...lines.push(bytes.subarray(at, at + step)));
      assert.deepEqual(
        seen,
        messages.map((message) => JSON.parse(JSON.stringify(message))),
      );
    }),
  );
});

test('a line without an end is refused at the limit', () => {
  const lines = new JsonLines(100);
  assert.deepEqual([...lines.push(Buffer.alloc(100, 'x'))], []);
  assert.throws(() => [...lines.push(Buffer.from('x'))], /more than 100 bytes/);
});
