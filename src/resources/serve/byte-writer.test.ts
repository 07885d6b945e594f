import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from './byte-writer.ts';

const writtenBy = (write: (writer: ByteWriter) => void): string => {
  const writer = new ByteWriter();
  write(writer);
  return Buffer.concat(writer.end()).toString();
};

test('text of any kind becomes the JSON that JSON.stringify makes of it', () => {
  const texts = fc.array(
    fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\u007f', 'ü', '\n')),
  );
  fc.assert(
    fc.property(texts, (given) => {
      const written = writtenBy((writer) => {
        for (const text of given) writer.json(text);
      });
      assert.equal(written, given.map((text) => JSON.stringify(text)).join(''));
    }),
  );
});

test('whole numbers become their digits', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.equal(
        writtenBy((writer) => writer.digits(value)),
        String(value),
      );
    }),
  );
  for (const value of [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 63])
    assert.equal(
      writtenBy((writer) => writer.digits(value)),
      String(value),
    );
});

test('pieces in their order are the whole, however it was cut', () => {
  const parts = fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 8 });
  fc.assert(
    fc.property(parts, (lengths) => {
      const writer = new ByteWriter();
      const pieces: Buffer[] = [];
      const wanted = lengths.map((length, at) => String.fromCharCode(97 + at).repeat(length));
      for (const text of wanted) {
        writer.plain(text);
        pieces.push(...writer.take());
      }
      assert.ok(Buffer.concat([...pieces, ...writer.end()]).equals(Buffer.from(wanted.join(''))));
    }),
    { numRuns: 20 },
  );
});
