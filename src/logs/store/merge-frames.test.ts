import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchBuilder, type BatchFrame, decodeFrame, decodeLines } from '../batch/batch.ts';
import { mergeFrames } from './merge-frames.ts';
import { segment } from './store-fixture.ts';

interface Line {
  bytes: Uint8Array;
  ms: number;
  flags: number;
}

const DAY_MS = 24 * 3600 * 1000;
const line: fc.Arbitrary<Line> = fc.record({
  bytes: fc.uint8Array({ maxLength: 40 }),
  ms: fc.integer({ min: -DAY_MS, max: DAY_MS }),
  flags: fc.nat(15),
});

function frameOf(lines: readonly Line[]): BatchFrame {
  const builder = new BatchBuilder(16);
  for (const { bytes, ms, flags } of lines) {
    builder.append(Buffer.from(bytes), 0, bytes.length);
    const seconds = Math.floor(ms / 1000);
    builder.endLine(seconds, (ms - seconds * 1000) * 1_000_000, flags, true);
  }
  return decodeFrame(builder.finish('i', { segment: segment(1), offset: 0 }, [])) as BatchFrame;
}

function linesOf(frame: BatchFrame) {
  const { text, starts, times, flags } = decodeLines(frame);
  return Array.from(times, (time, i) => [text.toString('hex', starts[i]!, starts[i + 1]! - 1), time, flags[i]]);
}

test('A merged frame holds the lines of its frames to the byte, with their times and flags, newlines inside included', () => {
  const frames = fc.array(fc.array(line, { minLength: 1, maxLength: 20 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(frames, (lists) => {
      const sources = lists.map(frameOf);
      const { frame, count } = mergeFrames(sources);
      assert.equal(count, sources.length);
      assert.deepEqual(linesOf(decodeFrame(frame) as BatchFrame), sources.flatMap(linesOf));
    }),
  );
});

test('A jump in time that a frame cannot hold ends it', () => {
  const at = (ms: number) => frameOf([{ bytes: Buffer.from('x'), ms, flags: 0 }]);
  assert.equal(mergeFrames([at(0), at(1), at(40 * DAY_MS), at(41 * DAY_MS)]).count, 2);
});
