import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from './byte-writer.ts';
import { Phrase } from './phrase.ts';

test('a phrase is written as its text, wherever it stands and whatever it holds', () => {
  const text = fc.string({
    unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom('\u007f', '\u{10ffff}', 'ð', 'ÿ')),
  });
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const writer = new ByteWriter();
      for (const each of texts) writer.phrase(new Phrase(each));
      assert.ok(Buffer.concat(writer.end()).equals(Buffer.from(texts.join(''))));
    }),
  );
});
