import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emptyFrame, FrameSplitter, frameTypes, jsonFrame, LinesFrameBuilder, linesOf } from './line-frames.ts';

const line = fc.record(
  {
    instance: fc.nat({ max: 2 ** 32 - 1 }),
    time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    flags: fc.nat({ max: 255 }),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

test('lines of any bytes come back as they were, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
      (lines, cuts) => {
        const builder = new LinesFrameBuilder();
        const frames: Buffer[] = [jsonFrame(frameTypes.notice, { message: 'é' }), emptyFrame(frameTypes.heartbeat)];
        for (const [i, { instance, time, flags, bytes }] of lines.entries()) {
          builder.add(instance, time, flags, bytes, 0, bytes.length);
          if (i % 7 === 6) frames.push(builder.take());
        }
        if (!builder.isEmpty) frames.push(builder.take());
        const stream = Buffer.concat(frames);
        const splitter = new FrameSplitter();
        const received = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const next = at + cuts[i % cuts.length]!;
          received.push(...splitter.push(stream.subarray(at, next)));
          at = next;
        }
        assert.equal(received.length, frames.length);
        assert.deepEqual(JSON.parse(received[0]!.payload.toString()), { message: 'é' });
        assert.equal(received[1]!.type, frameTypes.heartbeat);
        const back = received
          .filter(({ type }) => type === frameTypes.lines)
          .flatMap(({ payload }) => [...linesOf(payload)]);
        assert.deepEqual(back, lines);
      },
    ),
  );
});

test('a line larger than a frame usually is makes a frame of its own', () => {
  const builder = new LinesFrameBuilder();
  const bytes = Buffer.alloc(300_000, 0x61);
  builder.add(1, 2n, 3, bytes, 0, bytes.length);
  assert.ok(builder.isFull);
  const [frame] = new FrameSplitter().push(builder.take());
  assert.deepEqual([...linesOf(frame!.payload)], [{ instance: 1, time: 2n, flags: 3, bytes }]);
  assert.ok(builder.isEmpty);
});

test('what no server sends is refused, not waited for', () => {
  assert.throws(() => new FrameSplitter().push(Buffer.from('HTTP/1.1 200 OK')), { code: 'corrupt' });
  assert.throws(() => new FrameSplitter().push(Buffer.alloc(8)), { code: 'corrupt' });
  assert.throws(() => [...linesOf(Buffer.alloc(10))], { code: 'corrupt' });
  const beyond = Buffer.alloc(17);
  beyond.writeUInt32LE(1, 13);
  assert.throws(() => [...linesOf(beyond)], { code: 'corrupt' });
});
