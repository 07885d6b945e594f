import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Manner, manners } from './alignments.ts';
import { searchDecimals, searchTimes } from './number-search.ts';
import { shapeAt, timeAt } from './time-shapes.ts';

const manner = fc.constantFrom<Manner>(...Object.values(manners));

function holds(text: string, how: Manner, sought: string): boolean {
  if (how === manners.equals) return text === sought;
  if (how === manners.prefix) return text.startsWith(sought);
  return how === manners.suffix ? text.endsWith(sought) : text.includes(sought);
}

function part(text: string, from: number, length: number): string {
  const start = from % text.length;
  return text.slice(start, start + 1 + (length % text.length));
}

test('digits are found in numbers as in their text', () => {
  const number = fc.oneof(
    fc.nat(2000),
    fc.maxSafeNat().map((n) => n % 10 ** 15),
  );
  const sought = fc.oneof(fc.nat(1200).map(String), fc.constantFrom('0', '00', '05', '100'));
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1 }),
      manner,
      sought,
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      (numbers, how, some, from, length, own) => {
        const digits = own ? part(String(numbers[0]), from, length) : some;
        const found = searchDecimals(Float64Array.from(numbers), how, Buffer.from(digits));
        const expected = numbers.map((each) => (holds(String(each), how, digits) ? 1 : 0));
        assert.deepEqual([...(found ?? new Uint8Array(numbers.length))], expected, `${how} ${digits}`);
      },
    ),
    { numRuns: 500 },
  );
});

test('text is found in times as in their text', () => {
  const millisecond = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_200_000 });
  const form = fc.constantFrom(
    (iso: string) => iso.slice(0, 23),
    (iso: string) => iso.slice(0, 19),
    (iso: string) => `${iso.slice(11, 23)}456`,
    (iso: string) => iso.slice(0, 23).replace('T', ' ').replace('.', ','),
  );
  fc.assert(
    fc.property(
      fc.array(millisecond, { minLength: 1 }),
      form,
      manner,
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      (ms, print, how, from, length, lower) => {
        const texts = ms.map((each) => print(new Date(each).toISOString()));
        const shape = shapeAt(Buffer.from(`${texts[0]} `), 0, texts[0]!.length);
        const times = Float64Array.from(texts, (text) => timeAt(Buffer.from(text), 0, shape));
        const read = lower ? (text: string) => text.toLowerCase() : (text: string) => text;
        const sought = read(part(texts[0]!, from, length));
        const found = searchTimes(times, shape, how, Buffer.from(sought), lower);
        const expected = texts.map((text) => (holds(read(text), how, sought) ? 1 : 0));
        assert.deepEqual([...(found ?? new Uint8Array(texts.length))], expected, `${how} ${sought}`);
      },
    ),
    { numRuns: 500 },
  );
});
