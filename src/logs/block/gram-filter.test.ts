import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Stretch } from '../../base/arena.ts';
import { Encoder } from './encoder.ts';
import { filterOf } from './filter-grams.ts';
import { gramsMax, gramsOf, mayHold, shortBytes, soughtRuns, type TextFilter } from './gram-filter.ts';
import { columnKinds } from './plan-columns.ts';

const encoder = new Encoder();

/** Of the first text as fixed text in pieces of so many bytes, and of the others as values. */
function filterOfTexts(pieceBytes: number, fixed: Buffer, ...texts: Buffer[]): TextFilter {
  const { arena } = encoder;
  arena.reset();
  const at = arena.room(fixed.length + texts.reduce((sum, { length }) => sum + length, 0));
  const pieces = Math.ceil(fixed.length / pieceBytes);
  const piecesAt = arena.room(4 * pieces);
  const placesAt = arena.room(8 * texts.length);
  const lengths = Array.from({ length: pieces }, (_, i) => Math.min(pieceBytes, fixed.length - i * pieceBytes));
  arena.u32(piecesAt, pieces).set(lengths);
  let from = at;
  for (const [i, text] of [fixed, ...texts].entries()) {
    arena.bytes(from, text.length).set(text);
    if (i > 0) arena.u32(placesAt + 8 * (i - 1), 2).set([from, from + text.length]);
    from += text.length;
  }
  const column = { kind: columnKinds.text, count: 0, at: 0, placesAt, different: texts.length, bytes: 0 };
  const filter = filterOf(encoder, { fixedAt: at, piecesAt, piecesEnd: piecesAt + 4 * pieces }, [column]);
  const copied = ({ at, bytes }: Stretch) => Buffer.from(arena.bytes(at, bytes));
  return { grams: copied(filter.grams), shorts: copied(filter.shorts) };
}

const filterOfWords = (...texts: string[]) =>
  filterOfTexts(1, Buffer.alloc(0), ...texts.map((text) => Buffer.from(text)));
const holds = (filter: TextFilter, text: string, ignoreCase = false) =>
  mayHold(filter, soughtRuns([{ text, ignoreCase }]));

test('what is made of other words is not held', () => {
  const filter = filterOfWords('Order placed by customer', 'req-77ab01', 'HTTP/1.1 200');
  for (const sought of ['placed', 'Placed by', 'custom', 'req-77ab', 'q-77a', 'er pl', '2026', '1.1', 'TP/', 'HTT'])
    assert.equal(holds(filter, sought), true, sought);
  for (const sought of ['quixotic', 'placet', 'req-xx', 'cust-omer', 'PLACED', 'GET', 'get', 'GET /'])
    assert.equal(holds(filter, sought), false, sought);
});

test('of three letters it is known whether they are all great ones; in any case both count', () => {
  const filter = filterOfWords('GET /widget', 'ERR', 'x7F');
  for (const sought of ['GET', 'get', 'Get', 'ERR', 'x7f', 'X7f']) assert.equal(holds(filter, sought), true, sought);
  for (const sought of ['err', 'Err', 'X7F', 'WID']) assert.equal(holds(filter, sought), false, sought);
  for (const sought of ['err', 'wid', 'x7f', 'get']) assert.equal(holds(filter, sought, true), true, sought);
  assert.equal(holds(filter, 'put', true), false);
});

test('a filter of before, without runs of three, says nothing of them', () => {
  const filter = { ...filterOfWords('Order placed'), shorts: Buffer.alloc(0) };
  assert.equal(holds(filter, 'xyz'), true);
  assert.equal(holds(filter, 'xyzw'), false);
});

test('nothing is said of what fixed text and a variable may share', () => {
  const filter = filterOfWords('took ', '12', 'ms at ', '10:00:00', '-x5 then ');
  for (const sought of ['took 12ms', '12ms', '12ms at', '00-x5', '0-x5 then', '00:00-x', 'T10', '2026-11-22T10:00:00Z'])
    assert.equal(holds(filter, sought), true, sought);
});

test('a filter has the runs of its texts, and no bits but those of them', () => {
  const text = fc
    .string({ unit: fc.constantFrom(...'abfgzABTZ019-_. :É'), maxLength: 200 })
    .map((characters) => Buffer.from(characters));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), text, fc.array(text), (pieceBytes, fixed, texts) => {
      const filter = filterOfTexts(pieceBytes, fixed, ...texts);
      const parts = [...texts];
      for (let at = 0; at < fixed.length; at += pieceBytes) parts.push(fixed.subarray(at, at + pieceBytes));
      const expected = { grams: Buffer.alloc(filter.grams.length), shorts: Buffer.alloc(shortBytes) };
      for (const { grams, shorts } of parts.map(gramsOf)) {
        for (const gram of grams) setBit(expected.grams, hashOf(gram) % (filter.grams.length * 8));
        for (const short of shorts) setBit(expected.shorts, short);
      }
      assert.deepEqual(filter, expected);
      for (const part of parts) {
        for (const ignoreCase of [false, true])
          assert.equal(mayHold(filter, soughtRuns([{ text: part, ignoreCase }])), true);
      }
    }),
  );
});

const hashOf = (gram: number) => Number(((BigInt(gram) * 0x9e3779b1n) % 2n ** 32n) >> 8n);

function setBit(bits: Buffer, bit: number): void {
  bits[bit >> 3]! |= 1 << (bit & 7);
}

test('a filter that would be half full is left out, and the next one is not touched by it', () => {
  let state = 1;
  const letter = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(0x61 + ((state >>> 16) % 26));
  };
  const letters = Array.from({ length: 400_000 }, letter).join('');
  assert.ok(new Set(gramsOf(Buffer.from(letters)).grams).size > gramsMax);
  assert.equal(filterOfWords(letters).grams.length, 0);
  assert.equal(holds(filterOfWords('other words'), 'abcd'), false);
});
