import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { BatchBuilder } from './batch-builder.ts';
import { LINE_STDERR } from './columns.ts';
import { type BatchFrame, decodeFrame, encodeBatchFrame } from './frame.ts';
import { decodeLines } from './lines.ts';

interface Line {
  text: Buffer;
  seconds: number;
  nanos: number;
  flags: number;
}

const order = { segment: '0000000000000000-0000000000000000', offset: 7 };
const covers = [{ segment: order.segment, from: 0, to: 10, hash: 'ab' }];

function frameOf(builder: BatchBuilder, lines: readonly Line[], mayHoldNewline = false): BatchFrame {
  for (const { text, seconds, nanos, flags } of lines) {
    const middle = text.length >> 1;
    builder.append(text, 0, middle);
    builder.append(text, middle, text.length);
    builder.endLine(seconds, nanos, flags, mayHoldNewline);
  }
  return decodeFrame(builder.finish('instance', order, covers)) as BatchFrame;
}

function linesOf(frame: BatchFrame) {
  const { text, starts, times, flags } = decodeLines(frame);
  return Array.from({ length: frame.header.lineCount }, (_, i) => ({
    text: text.subarray(starts[i]!, starts[i + 1]! - 1),
    time: times[i]!,
    flags: flags[i]!,
  }));
}

const timeOf = ({ seconds, nanos }: Line) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const withoutNewline = bytes.map((buffer) => Buffer.from(buffer.filter((byte) => byte !== 0x0a)));
const line = (text: fc.Arbitrary<Buffer>) =>
  fc.record({
    text,
    // Within the 26 days that neighbours may be apart.
    seconds: fc.integer({ min: 1_700_000_000, max: 1_702_000_000 }),
    nanos: fc.integer({ min: 0, max: 999_999_999 }),
    flags: fc.integer({ min: 0, max: 15 }),
  });

function checkRoundTrip(builder: BatchBuilder, lines: readonly Line[], mayHoldNewline: boolean): void {
  const frame = frameOf(builder, lines, mayHoldNewline);
  assert.deepEqual(
    linesOf(frame),
    lines.map((one) => ({ text: one.text, time: timeOf(one), flags: one.flags })),
  );
  const times = lines.map(timeOf).sort((a, b) => (a < b ? -1 : 1));
  const { header } = frame;
  assert.equal(header.timeMin, String(times[0]));
  assert.equal(header.timeMax, String(times.at(-1)));
  assert.equal(header.stderrCount, lines.filter(({ flags }) => (flags & LINE_STDERR) !== 0).length);
  assert.equal(
    header.textBytes,
    lines.reduce((sum, { text }) => sum + text.length + 1, 0),
  );
  assert.deepEqual(header.covers, covers);
  assert.deepEqual(header.order, order);
}

test('what is put into a batch comes out of it, from a builder that is used again', () => {
  const builder = new BatchBuilder(16);
  const lines = fc.array(line(withoutNewline), { minLength: 1, maxLength: 50 });
  fc.assert(fc.property(lines, (lines) => checkRoundTrip(builder, lines, false)));
});

test('lines that hold newlines come out whole', () => {
  const builder = new BatchBuilder(16);
  const lines = fc.array(line(bytes), { minLength: 1, maxLength: 50 });
  fc.assert(fc.property(lines, (lines) => checkRoundTrip(builder, lines, true)));
});

test('lines that may hold a newline may follow ones that cannot', () => {
  const builder = new BatchBuilder();
  const first = Buffer.from('plain');
  builder.append(first, 0, first.length);
  builder.endLine(1, 0, 0);
  const second = Buffer.from('two\nlines');
  builder.append(second, 0, second.length);
  builder.endLine(2, 0, 0, true);
  builder.append(first, 0, first.length);
  builder.endLine(3, 0, 0);
  const frame = decodeFrame(builder.finish('i', order, covers)) as BatchFrame;
  assert.deepEqual(
    linesOf(frame).map(({ text }) => text.toString()),
    ['plain', 'two\nlines', 'plain'],
  );
});

test('times before 1970 and at the ends of a jump that fits are exact', () => {
  const builder = new BatchBuilder();
  const farthest = 2 ** 51 - 3e9;
  const at = (nanos: number): Line => {
    const seconds = Math.floor(nanos / 1e9);
    return { text: Buffer.from('x'), seconds, nanos: nanos - seconds * 1e9, flags: 0 };
  };
  const lines = [at(-5), at(-5 - farthest + 10), at(0), at(farthest - 1), at(3)];
  for (const one of lines) {
    assert.ok(builder.fits(one.seconds));
    builder.append(one.text, 0, 1);
    builder.endLine(one.seconds, one.nanos, 0);
  }
  assert.ok(!builder.fits(4_000_000));
  const frame = decodeFrame(builder.finish('i', order, covers)) as BatchFrame;
  assert.deepEqual(
    linesOf(frame).map(({ time }) => time),
    lines.map(timeOf),
  );
});

test('parts that do not agree with the header are told, not taken', () => {
  const line: Line = { text: Buffer.from('hello'), seconds: 1, nanos: 2, flags: 1 };
  const { header, columns, text } = frameOf(new BatchBuilder(), [line, line, line]);
  const isCorrupt = (error: unknown) => error instanceof Fault && error.code === 'corrupt';
  const rejects = (changed: Partial<typeof header>, parts: { columns?: Buffer; text?: Buffer } = {}) => {
    const bytes = encodeBatchFrame({ ...header, ...changed }, parts.columns ?? columns, parts.text ?? text);
    assert.throws(() => decodeLines(decodeFrame(bytes) as BatchFrame), isCorrupt, JSON.stringify(changed));
  };
  rejects({ lineCount: 2 });
  rejects({ lineCount: 4 });
  rejects({ textBytes: header.textBytes - 1 });
  rejects({ textBytes: header.textBytes + 1 });
  rejects({ columnsBytes: header.columnsBytes - 1 });
  rejects({}, { columns: text });
  rejects({}, { text: columns });
  rejects({}, { text: text.subarray(0, -2) });
  rejects({}, { columns: Buffer.from('not zstd') });
});

test('damaged columns throw a Fault or give lines, and never anything else', () => {
  const lines = Array.from({ length: 20 }, (_, i) => ({
    text: Buffer.from(`line ${i}`),
    seconds: i,
    nanos: i,
    flags: i % 3,
  }));
  const { header, columns, text } = frameOf(new BatchBuilder(), lines);
  fc.assert(
    fc.property(fc.nat(columns.length + text.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const both = Buffer.concat([columns, text]);
      both[at]! ^= flip;
      const bytes = encodeBatchFrame(header, both.subarray(0, columns.length), both.subarray(columns.length));
      try {
        assert.equal(linesOf(decodeFrame(bytes) as BatchFrame).length, 20);
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'corrupt', String(error));
      }
    }),
    { numRuns: 300 },
  );
});
