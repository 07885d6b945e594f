import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LabelTexts } from './label-texts.ts';

const text = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));

test('A text that was added is found again, and no other one is', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(text, { maxLength: 600 }),
      fc.array(text, { maxLength: 50 }),
      (seed, all, others) => {
        const texts = new LabelTexts<string>(seed);
        const added = new Set<string>();
        let bytes = 0;
        for (const each of all) {
          const key = each.toString('hex');
          if (added.has(key)) continue;
          texts.add(each, key);
          added.add(key);
          bytes += each.length;
        }
        for (const key of added) assert.equal(texts.get(Buffer.from(key, 'hex')), key);
        for (const other of others) {
          const key = other.toString('hex');
          assert.equal(texts.get(other), added.has(key) ? key : undefined);
        }
        assert.deepEqual([texts.count, texts.textBytes], [added.size, bytes]);
      },
    ),
  );
});

test('Ten thousand texts are all found again', () => {
  const texts = new LabelTexts<number>(1);
  const textOf = (i: number) => Buffer.from(`{app="app-${i % 100}",pod="pod-${i}"}`);
  for (let i = 0; i < 10_000; i++) texts.add(textOf(i), i);
  let found = 0;
  for (let i = 0; i < 10_000; i++) if (texts.get(textOf(i)) === i) found++;
  assert.equal(found, 10_000);
  assert.equal(texts.get(textOf(10_000)), undefined);
});

test('The buffer of a text may be used again', () => {
  const texts = new LabelTexts<number>();
  const buffer = Buffer.from('{a="b"}');
  texts.add(buffer, 1);
  buffer.fill(0);
  assert.equal(texts.get(Buffer.from('{a="b"}')), 1);
  assert.equal(texts.get(buffer), undefined);
});
