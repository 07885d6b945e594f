import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DecodedLines } from '../batch/batch.ts';
import { emptyFrame, FrameSplitter, frameTypes, jsonFrame, type ReceivedFrame } from './line-frames.ts';
import { LinesFrameBuilder } from './lines-frame-builder.ts';
import { runsOf } from './received-run.ts';

interface Line {
  instance: number;
  time: bigint;
  flags: number;
  bytes: Buffer;
}

const line: fc.Arbitrary<Line> = fc.record(
  {
    instance: fc.nat({ max: 2 }),
    time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    flags: fc.nat({ max: 255 }),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

function blockOf(lines: readonly Line[]): DecodedLines {
  const starts = [0];
  for (const { bytes } of lines) starts.push(starts.at(-1)! + bytes.length + 1);
  return {
    text: Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')])),
    starts: Uint32Array.from(starts),
    times: BigInt64Array.from(lines, ({ time }) => time),
    flags: Uint8Array.from(lines, ({ flags }) => flags),
  };
}

/** All lines as frames: each goes into the builder together with its neighbours of the same instance, `leaving out` some. */
function framesOf(lines: readonly Line[], isKept: (index: number) => boolean): Buffer[] {
  const builder = new LinesFrameBuilder();
  const frames: Buffer[] = [];
  const block = blockOf(lines);
  for (let first = 0; first < lines.length; ) {
    let end = first;
    while (end < lines.length && lines[end]!.instance === lines[first]!.instance) end++;
    const kept = Array.from({ length: end - first }, (_, i) => first + i).filter(isKept);
    for (let at = 0; at < kept.length; ) {
      at = builder.add(lines[first]!.instance, { block, lines: Uint32Array.from(kept) }, at, kept.length);
      if (builder.isFull) frames.push(builder.take());
    }
    first = end;
  }
  if (!builder.isEmpty) frames.push(builder.take());
  return frames;
}

function received(stream: Buffer, cuts: readonly number[]): ReceivedFrame[] {
  const splitter = new FrameSplitter();
  const frames: ReceivedFrame[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const next = at + cuts[i % cuts.length]!;
    frames.push(...splitter.push(stream.subarray(at, next)));
    at = next;
  }
  return frames;
}

function linesIn(frames: readonly ReceivedFrame[]): Line[] {
  const runs = frames.filter(({ type }) => type === frameTypes.lines).flatMap(({ payload }) => runsOf(payload));
  return runs.flatMap((run) =>
    Array.from({ length: run.lineCount }, (_, i) => ({
      instance: run.instance,
      time: run.time(i),
      flags: run.flags(i),
      bytes: run.bytes(i),
    })),
  );
}

test('lines of any bytes come back as they were, however the stream is cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), cuts, fc.integer({ min: 2, max: 9 }), (lines, cuts, every) => {
      const isKept = (index: number) => index % every !== 0;
      const frames = [
        jsonFrame(frameTypes.notice, { message: 'é' }),
        emptyFrame(frameTypes.heartbeat),
        ...framesOf(lines, isKept),
      ];
      const all = received(Buffer.concat(frames), cuts);
      assert.equal(all.length, frames.length);
      assert.deepEqual(JSON.parse(all[0]!.payload.toString()), { message: 'é' });
      assert.equal(all[1]!.type, frameTypes.heartbeat);
      assert.deepEqual(
        linesIn(all),
        lines.filter((_, index) => isKept(index)),
      );
    }),
  );
});

test('many lines and long ones are spread over frames of bounded size; one line that is larger has its own', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => ({
    instance: i % 1000 < 500 ? 1 : 2,
    time: BigInt(i),
    flags: 0,
    bytes: Buffer.alloc(i % 5000 === 0 ? 300_000 : i % 37, 0x61),
  }));
  const frames = framesOf(lines, () => true);
  assert.deepEqual(linesIn(received(Buffer.concat(frames), [70_000])), lines);
  for (const frame of frames) assert.ok(frame.length < 64 * 1024 + 4096 * 13 + 300_100, `${frame.length} bytes`);
});

test('a run knows how many of its lines have a flag', () => {
  const lines = [0, 8, 2].map((flags) => ({ instance: 1, time: 0n, flags, bytes: Buffer.from('x') }));
  const [run] = runsOf(received(Buffer.concat(framesOf(lines, () => true)), [1000])[0]!.payload);
  assert.deepEqual([run!.countFlags(8), run!.countFlags(10), run!.countFlags(1)], [1, 2, 0]);
  assert.equal(run!.text.toString(), 'x\nx\nx\n');
});

test('what no server sends is refused, not waited for', () => {
  assert.throws(() => new FrameSplitter().push(Buffer.from('HTTP/1.1 200 OK')), { code: 'corrupt' });
  assert.throws(() => new FrameSplitter().push(Buffer.alloc(8)), { code: 'corrupt' });
  const [frame] = framesOf([{ instance: 0, time: 0n, flags: 0, bytes: Buffer.from('abc') }], () => true);
  const payload = frame!.subarray(5);
  assert.equal(runsOf(payload).length, 1);
  for (let end = 1; end < payload.length; end++)
    assert.throws(() => runsOf(payload.subarray(0, end)), { code: 'corrupt' });
  for (let at = 0; at < 24; at++) {
    const broken = Buffer.from(payload);
    broken[at]! ^= 0x55;
    // The instance's index, the time and the flags may be anything.
    if (at < 4 || (at >= 12 && at < 20)) assert.equal(runsOf(broken).length, 1);
    else assert.throws(() => runsOf(broken), { code: 'corrupt' }, `byte ${at}`);
  }
});
