import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BatchFrame, type Cover, decodeFrame, decodeLines, rangeHash } from '../batch/batch.ts';
import { Assembler, createWorkbench, type Piece } from './assemble.ts';

const LINE_MAX = 40;

interface Line {
  text: string;
  time: number;
  flags: number;
}

function linesOf(piece: Piece): Line[] {
  const frame = decodeFrame(piece.frame);
  if (frame.kind !== 'batch') return [];
  const { text, starts, times, flags } = decodeLines(frame);
  return Array.from({ length: frame.header.lineCount }, (_, i) => ({
    text: text.toString('latin1', starts[i]!, starts[i + 1]! - 1),
    time: Number(times[i]! / 1_000_000_000n),
    flags: flags[i]!,
  }));
}

type Step = { stream: 'stdout' | 'stderr'; tag: 'P' | 'F'; content: string } | { malformed: string };

const content = fc.stringMatching(/^[a-z ]{0,18}$/);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ stream: fc.constantFrom('stdout', 'stderr'), tag: fc.constantFrom('P', 'F', 'F'), content }),
  },
  { weight: 1, arbitrary: fc.record({ malformed: fc.stringMatching(/^[a-z]{0,60}$/) }) },
);

function recordOf(step: Step, second: number): string {
  if ('malformed' in step) return `${step.malformed}\n`;
  return `1970-01-01T00:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}Z ${step.stream} ${step.tag} ${step.content}\n`;
}

/** What should come out, by the plainest means: one pass over the steps with two strings in the making. */
function expected(steps: readonly Step[]): Line[] {
  const lines: Line[] = [];
  const open: Record<string, { text: string; time: number } | undefined> = {};
  let last = 0;
  const cut = (text: string) => ({ text: text.slice(0, LINE_MAX), truncated: text.length > LINE_MAX ? 2 : 0 });
  steps.forEach((step, second) => {
    if ('malformed' in step) {
      const { text, truncated } = cut(step.malformed);
      lines.push({ text, time: last, flags: 4 | truncated });
      return;
    }
    last = second;
    const begun = open[step.stream] ?? { text: '', time: second };
    begun.text += step.content;
    open[step.stream] = begun;
    if (step.tag === 'P') return;
    const { text, truncated } = cut(begun.text);
    lines.push({ text, time: begun.time, flags: (step.stream === 'stderr' ? 1 : 0) | truncated });
    open[step.stream] = undefined;
  });
  return lines;
}

test('lines come out as a plain evaluator joins them, and every byte is covered once or pending', () => {
  const bench = createWorkbench(LINE_MAX, 1 << 20, 16_384, 1);
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(39), { maxLength: 6 }),
      fc.option(fc.nat(39)),
      (steps, cuts, rotation) => {
        const assembler = new Assembler(bench, 'i', 0);
        const files: Record<string, Buffer> = { one: Buffer.alloc(0), two: Buffer.alloc(0) };
        const pieces: Piece[] = [];
        let chunk: string[] = [];
        let name = 'one';
        const flushChunk = () => {
          if (chunk.length === 0) return;
          const bytes = Buffer.from(chunk.join(''), 'latin1');
          const { source } = bench.plain;
          bytes.copy(source);
          pieces.push(...assembler.consume(name, source, bytes.length, files[name]!.length));
          files[name] = Buffer.concat([files[name]!, bytes]);
          // The chunk is reused: nothing may still point into it.
          source.fill(0);
          chunk = [];
        };
        steps.forEach((step, i) => {
          if (rotation === i) {
            flushChunk();
            name = 'two';
          }
          chunk.push(recordOf(step, i));
          if (cuts.includes(i)) flushChunk();
        });
        flushChunk();
        assert.deepEqual(pieces.flatMap(linesOf), expected(steps));
        const hadPending = assembler.pendingSeconds !== undefined;
        const last = assembler.flush();
        assert.equal(last.length > 0, hadPending);
        for (const line of last.flatMap(linesOf)) assert.ok((line.flags & 8) !== 0);
        checkCovers(
          [...pieces, ...last].flatMap(({ covers }) => covers),
          files,
        );
        assert.equal(bench.pendingBytes, 0);
        for (const piece of [...pieces, ...last]) checkOrder(piece);
      },
    ),
    { numRuns: 500 },
  );
});

/** Covers tile the files without a hole or an overlap, and their hashes are of the files' bytes. */
function checkCovers(covers: Cover[], files: Record<string, Buffer>): void {
  for (const [name, bytes] of Object.entries(files)) {
    let at = 0;
    for (const { from, to, hash } of covers.filter(({ segment }) => segment === name).sort((a, b) => a.from - b.from)) {
      assert.equal(from, at);
      assert.equal(hash, rangeHash(bytes.subarray(from, to)));
      at = to;
    }
    assert.equal(at, bytes.length);
  }
}

function checkOrder(piece: Piece): void {
  const frame = decodeFrame(piece.frame);
  if (frame.kind !== 'batch') return;
  const { order, covers } = (frame as BatchFrame).header;
  assert.ok(
    covers.some(({ segment, from, to }) => segment === order.segment && from <= order.offset && order.offset < to),
  );
}

test('a line that never ends holds only so much memory, and its rest is covered', () => {
  const bench = createWorkbench(1000, 500, 0);
  const assembler = new Assembler(bench, 'i', 0);
  const part = Buffer.from(`1970-01-01T00:00:00Z stdout P ${'x'.repeat(100)}\n`);
  const covers: Cover[] = [];
  const lines: Line[] = [];
  for (let i = 0; i < 100; i++) {
    const pieces = assembler.consume('s', part, part.length, i * part.length);
    covers.push(...pieces.flatMap((piece) => piece.covers));
    lines.push(...pieces.flatMap(linesOf));
    assert.ok(bench.pendingBytes <= 600);
  }
  assert.equal(lines.length, 1);
  assert.equal(lines[0]!.flags, 2);
  const end = Buffer.from('1970-01-01T00:00:01Z stdout F end\n1970-01-01T00:00:02Z stdout F next\n');
  const pieces = assembler.consume('s', end, end.length, 100 * part.length);
  assert.deepEqual(
    pieces.flatMap(linesOf).map(({ text }) => text),
    ['next'],
  );
  covers.push(...pieces.flatMap((piece) => piece.covers));
  assert.equal(
    covers.reduce((sum, { from, to }) => sum + to - from, 0),
    100 * part.length + end.length,
  );
});

test('times that jump by years do not fit one batch and begin another', () => {
  const assembler = new Assembler(createWorkbench(1000, 1000, 0), 'i', 0);
  const bytes = Buffer.from(
    ['2026-01-01T00:00:00Z stdout F a', '1999-01-01T00:00:00Z stdout F b', '2026-01-01T00:00:01Z stdout F c', ''].join(
      '\n',
    ),
  );
  const pieces = assembler.consume('s', bytes, bytes.length, 0);
  assert.equal(pieces.length, 3);
  assert.deepEqual(
    pieces.flatMap(linesOf).map(({ text }) => text),
    ['a', 'b', 'c'],
  );
  checkCovers(
    pieces.flatMap(({ covers }) => covers),
    { s: bytes },
  );
});

test('a long record is truncated, whatever it was', () => {
  const cover = { segment: 's', from: 0, to: 5000, hash: 'aa' };
  const flagsOf = (head: string, whole: boolean, unterminated: boolean) => {
    const assembler = new Assembler(createWorkbench(10, 1000, 0), 'i', 0);
    const pieces = assembler.consumeSingle('s', Buffer.from(head), cover, whole, unterminated);
    return pieces.flatMap((piece) => [piece.covers, ...linesOf(piece).map(({ text, flags }) => [text, flags])]);
  };
  assert.deepEqual(flagsOf('2026-01-01T00:00:00Z stderr F 0123456789abc', false, false), [[cover], ['0123456789', 3]]);
  assert.deepEqual(flagsOf('not a record at all', false, false), [[cover], ['not a reco', 6]]);
  assert.deepEqual(flagsOf('torn', true, true), [[cover], ['torn', 12]]);
  assert.deepEqual(flagsOf('2026-01-01T00:00:00Z stdout P 0123', false, false), []);
});
