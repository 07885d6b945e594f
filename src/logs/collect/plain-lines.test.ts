import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame, decodeLines } from '../batch/batch.ts';
import { Assembler, createWorkbench, type Piece, type Workbench } from './assemble.ts';

const LINE_MAX = 300;
const CHUNK_BYTES = 64 * 1024;

const digits = fc.stringMatching(/^[0-9]{1,10}$/);
const number = (below: number) => fc.nat(below - 1).map((value) => String(value).padStart(2, '0'));
/** Mostly plain, with everything in it that a plain record may not have. */
const time = fc
  .tuple(
    fc.constantFrom(
      '2026-11-22T10:',
      '2026-11-22T10:',
      '2026-11-22T11:',
      '2026-12-31T23:',
      '1969-12-31T23:',
      '0001-01-01T00:',
    ),
    fc.oneof({ weight: 20, arbitrary: number(60) }, { weight: 1, arbitrary: fc.constantFrom('60', '0x', ' 1') }),
    fc.oneof({ weight: 20, arbitrary: number(60) }, { weight: 1, arbitrary: fc.constantFrom('60', '5:', '/0') }),
    fc.oneof(
      { weight: 9, arbitrary: digits.map((text) => `.${text}`) },
      { weight: 1, arbitrary: fc.constantFrom('', '.', ',5') },
    ),
    fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('Z', 'Z', '+05:30') },
      { weight: 1, arbitrary: fc.constantFrom('+01:30', '-00:00', 'z', '') },
    ),
  )
  .map(([hour, minute, second, fraction, zone]) => `${hour}${minute}:${second}${fraction}${zone}`);
const rest = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(' stdout F ', ' stdout F ', ' stdout F ', ' stderr F ') },
  { weight: 2, arbitrary: fc.constantFrom(' stdout P ', ' stderr P ', ' stdout F:tag ', ' stderr P:a:b ') },
  { weight: 1, arbitrary: fc.constantFrom(' stdout F', ' stdin F ', ' stdout X ', '  stdout F ', ' stdou') },
);
const content = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: LINE_MAX - 2, maxLength: LINE_MAX + 40 }) },
);
const record = fc.oneof(
  {
    weight: 15,
    arbitrary: fc
      .tuple(time, rest, content)
      .map(([head, tail, bytes]) =>
        Buffer.concat([
          Buffer.from(`${head}${tail}`),
          Buffer.from(bytes.filter((byte) => byte !== 0x0a)),
          Buffer.from('\n'),
        ]),
      ),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9TZ:. -]{0,40}$/).map((text) => Buffer.from(`${text}\n`)) },
);

function piecesOf(bench: Workbench, chunks: readonly Buffer[], isFast: boolean): Piece[] {
  const assembler = new Assembler(bench, 'i', 77);
  let base = 0;
  const pieces = chunks.flatMap((bytes) => {
    const chunk = isFast ? bench.plain.source : bytes;
    if (isFast) bytes.copy(chunk);
    const made = assembler.consume('s', chunk, bytes.length, base);
    base += bytes.length;
    return made;
  });
  return [...pieces, ...assembler.flush()];
}

test('runs of plain records become the same frames as record by record', () => {
  const bench = createWorkbench(LINE_MAX, 1 << 20, CHUNK_BYTES, 1);
  const chunks = fc.array(
    fc.array(record, { minLength: 1, maxLength: 60 }).map((records) => Buffer.concat(records)),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(chunks, (given) => {
      const fitting = given.filter(({ length }) => length <= CHUNK_BYTES);
      assert.deepEqual(piecesOf(bench, fitting, true), piecesOf(bench, fitting, false));
    }),
    { numRuns: 500 },
  );
});

test('a chunk full of the shortest records, each of the other stream, outgrows the room and is whole', () => {
  const bench = createWorkbench(LINE_MAX, 1 << 20, CHUNK_BYTES, 1);
  const records = Array.from({ length: Math.floor(CHUNK_BYTES / 31) }, (_, i) =>
    Buffer.from(`2026-11-22T10:${i % 2 === 0 ? '00' : '59'}:00Z std${i % 2 === 0 ? 'out' : 'err'} F \n`),
  );
  const chunk = Buffer.concat(records);
  const [fast, slow] = [piecesOf(bench, [chunk], true), piecesOf(bench, [chunk], false)];
  assert.deepEqual(fast, slow);
  const frame = decodeFrame(fast[0]!.frame);
  assert.ok(frame.kind === 'batch' && frame.header.lineCount === records.length);
  assert.deepEqual(new Set(decodeLines(frame).flags), new Set([0, 1]));
});

test('a chunk of plain records is taken in one go', () => {
  const { plain, builder } = createWorkbench(LINE_MAX, 1 << 20, CHUNK_BYTES, 1);
  const records = Buffer.from('2026-11-22T10:20:30.123456789Z stdout F line\n'.repeat(1000));
  records.copy(plain.source);
  const wanted = { lineBytesMax: LINE_MAX, stdout: true, stderr: true };
  assert.equal(plain.take(builder, 0, records.length, wanted), 0, 'the hour is not known yet');
  plain.learnHour(plain.source, 0, 30, Date.UTC(2026, 10, 22, 10, 20, 30) / 1000);
  assert.equal(plain.take(builder, 0, records.length, wanted), records.length);
  assert.equal(builder.lineCount, 1000);
  assert.deepEqual([plain.seconds, plain.nanos], [Date.UTC(2026, 10, 22, 10, 20, 30) / 1000, 123_456_789]);
  assert.equal(plain.take(builder, 0, records.length, { ...wanted, stdout: false }), 0);
});
