import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { type Lines, mayHold, memorySource, openCompact, soughtRuns } from './block.ts';
import { encodeCompact } from './encode.ts';
import { hostileLine, oddLine, realLine, spelledOut } from './lines-under-test.ts';
import { lowered } from './needle.ts';

const lines = fc.array(fc.oneof({ weight: 3, arbitrary: realLine }, { weight: 1, arbitrary: hostileLine }), {
  maxLength: 60,
});

function linesOf(texts: readonly Buffer[]): Lines {
  const starts = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) starts[i + 1] = starts[i]! + text.length + 1;
  return { text: Buffer.concat(texts.flatMap((text) => [text, Buffer.from('\n')])), starts };
}

function opened(texts: readonly Buffer[]) {
  return openCompact(memorySource(encodeCompact(linesOf(texts))));
}

test('every line comes back to the byte, all at once or some of them', () => {
  fc.assert(
    fc.property(lines, fc.infiniteStream(fc.nat()), (short, picks) => {
      const texts = spelledOut(short);
      const plain = linesOf(texts);
      const compact = opened(texts);
      assert.equal(compact.lineCount, texts.length);
      assert.deepEqual(compact.all(), plain);
      assert.deepEqual(opened(texts).starts(), plain.starts);
      if (texts.length === 0) return;
      const indexes = Uint32Array.from([...picks.take(20)], (pick) => pick % texts.length);
      const some = opened(texts).lines(indexes);
      assert.deepEqual(some, linesOf([...indexes].map((index) => texts[index]!)));
    }),
  );
});

test('marks exactly the lines that hold what is sought, in both ways of reading letters', () => {
  fc.assert(
    fc.property(
      lines,
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (short, line, at, length, ignoreCase) => {
        const texts = spelledOut(short);
        fc.pre(texts.length > 0);
        const from = texts[line % texts.length]!;
        const start = from.length === 0 ? 0 : at % from.length;
        // A sought text is characters: where the piece is not, others come of it, which are as good to seek.
        const piece = from.subarray(start, start + length).toString();
        checkMark(texts, ignoreCase ? lowered(Buffer.from(piece)).toString() : piece, ignoreCase);
      },
    ),
    { numRuns: 400 },
  );
});

test('marks every piece of a line in which holes and fixed text alternate', () => {
  const texts = Array.from({ length: 120 }, (_, i) =>
    Buffer.from(
      `2026-11-22T10:00:${10 + (i % 50)}.${100 + i}Z E${i % 7} req-${(i * 2654435761).toString(16)}x took ${i}ms of ${i % 3}-${i}.${i} at 10.0.${i % 4}.1`,
    ),
  );
  const compact = opened(texts);
  for (const line of [texts[0]!, texts[57]!, texts[119]!]) {
    for (let from = 0; from < line.length; from++)
      for (let to = from + 1; to <= line.length; to++)
        checkMark(texts, line.toString('latin1', from, to), false, compact);
  }
});

function checkMark(texts: readonly Buffer[], text: string, ignoreCase: boolean, compact = opened(texts)): void {
  const sought = Buffer.from(text);
  const expected = texts.map((line) => ((ignoreCase ? lowered(line) : line).includes(sought) ? 1 : 0));
  const found = compact.seek({ text, ignoreCase });
  const count = expected.reduce<number>((sum, hit) => sum + hit, 0);
  assert.equal(found.count(), count, `seeking ${JSON.stringify(text)}`);
  const lines = expected.flatMap((mark, line) => (mark === 1 ? [line] : []));
  assert.deepEqual([...found.lines()], lines, `seeking ${JSON.stringify(text)}`);
  assert.deepEqual([...found.marks()], expected, `seeking ${JSON.stringify(text)}`);
  assert.deepEqual([...found.lines()], lines);
  if (count > 0) assert.equal(found.isPossible, true);
}

test('what no line can hold is told without looking at values', () => {
  const texts = Array.from({ length: 100 }, (_, i) => Buffer.from(`worker ${i} is done after ${i * 7} ms`));
  const compact = opened(texts);
  assert.equal(compact.seek({ text: 'quixotic', ignoreCase: false }).isPossible, false);
  assert.equal(compact.seek({ text: 'DONE', ignoreCase: false }).isPossible, false);
  assert.equal(compact.seek({ text: 'done', ignoreCase: true }).isPossible, true);
  assert.equal(compact.seek({ text: 'after x', ignoreCase: false }).isPossible, false);
  assert.equal(compact.seek({ text: 'after 7 ', ignoreCase: false }).isPossible, true);
});

test('no piece of a line is ruled out by the filter, wherever holes begin and end', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(oddLine, realLine), { minLength: 1, maxLength: 6 }), fc.boolean(), (lines, twice) => {
      const { filter } = opened(twice ? [...lines, ...lines] : lines);
      for (const line of lines) {
        for (let from = 0; from < line.length; from++) {
          for (const length of [3, 4]) {
            const text = line.subarray(from, from + length);
            for (const ignoreCase of [false, true])
              assert.equal(mayHold(filter, soughtRuns([{ text, ignoreCase }])), true, text.toString('latin1'));
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('a bit that has changed is corrupt, or changes nothing', () => {
  const texts = Array.from({ length: 200 }, (_, i) =>
    Buffer.from(`{"level":"info","n":${i},"id":"${(i * 97).toString(36)}"}`),
  );
  const bytes = encodeCompact(linesOf(texts));
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => readAll(flipped), bit >> 3 === VERSION_AT ? isFault : isCorrupt);
    }),
  );
});

test('a source that ends early is corrupt', () => {
  const bytes = encodeCompact(linesOf([Buffer.from('a 1'), Buffer.from('a 2'), Buffer.from('b 3')]));
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => readAll(bytes.subarray(0, length)), isCorrupt);
});

/** Every section: the filter is asked, too. */
function readAll(bytes: Buffer): void {
  const compact = openCompact(memorySource(bytes));
  compact.all();
  compact.seek({ text: 'level', ignoreCase: false }).marks();
}

const VERSION_AT = 4;

/** A version may be one that is not known yet. */
function isFault(error: unknown): boolean {
  return error instanceof Fault;
}

function isCorrupt(error: unknown): boolean {
  return error instanceof Fault && error.code === 'corrupt';
}
