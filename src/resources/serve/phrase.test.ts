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

test('what is overwritten keeps what is around it', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (before, text, behind) => {
      const [wanted, length] = [Buffer.from(text), Buffer.byteLength(text)];
      const writer = new ByteWriter();
      const whole = Buffer.concat([Buffer.from(before), Buffer.alloc(length, 0x2e), Buffer.from(behind)]);
      writer.part(Buffer.concat([Buffer.from('x'), whole]), 1, 1 + whole.length);
      writer.overwrite(length + Buffer.byteLength(behind), new Phrase(text));
      assert.ok(Buffer.concat(writer.end()).equals(Buffer.concat([Buffer.from(before), wanted, Buffer.from(behind)])));
    }),
  );
});
