import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { type BatchHeader, decodeFrame, decodeFrames, encodeBatchFrame, encodeFactsFrame } from './frame.ts';
import { type Fact, limits } from './protocol.ts';

const header: BatchHeader = {
  instance: 'i',
  covers: [{ segment: 's', from: 0, to: 10, hash: 'ab' }],
  order: { segment: 's', offset: 0 },
  lineCount: 1,
  stderrCount: 0,
  timeMin: '-5',
  timeMax: '7',
  textBytes: 3,
  columnsBytes: 4,
};

const facts: Fact[] = [{ kind: 'progress', instance: 'i', state: 'live', lagBytes: 3 }];

function faultOf(read: () => unknown): Fault {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it was accepted' });
}

/** Puts the right checksum behind bytes that were changed. */
function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

test('frames one after another come back as they were', () => {
  const part = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.array(fc.option(fc.tuple(part, part))), (parts) => {
      const frames = parts.map((pair) => (pair ? encodeBatchFrame(header, ...pair) : encodeFactsFrame(facts)));
      const decoded = decodeFrames(Buffer.concat(frames));
      assert.equal(decoded.length, frames.length);
      decoded.forEach((frame, i) => {
        assert.ok(frame.bytes.equals(frames[i]!));
        if (frame.kind === 'facts') assert.deepEqual(frame.facts, facts);
        else {
          assert.deepEqual(frame.header, header);
          assert.deepEqual([frame.columns, frame.text], parts[i]);
        }
      });
    }),
  );
});

test('a flipped bit anywhere is found', () => {
  const good = encodeBatchFrame(header, Buffer.from('columns'), Buffer.from('text'));
  for (let at = 0; at < good.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << bit;
      assert.match(faultOf(() => decodeFrame(bad)).code, /^(corrupt|newer-format)$/);
    }
  }
});

test('a frame that was cut short is found, wherever it was cut', () => {
  const good = encodeFactsFrame(facts);
  for (let length = 0; length < good.length; length++) {
    assert.equal(faultOf(() => decodeFrame(good.subarray(0, length))).code, 'corrupt');
  }
});

test('a newer version is said to be one', () => {
  const bytes = encodeFactsFrame(facts);
  bytes[5] = 3;
  assert.equal(faultOf(() => decodeFrame(sealed(bytes))).code, 'newer-format');
});

test('a claim beyond the limit is refused before anything is read', () => {
  const bytes = encodeFactsFrame(facts);
  bytes.writeUInt32LE(limits.frameBytesMax, 16);
  assert.match(faultOf(() => decodeFrame(bytes)).message, /frameBytesMax/);
});

test('a header whose fields are missing or wrong is refused', () => {
  const wrong: Record<string, unknown>[] = [
    { instance: 5 },
    { covers: undefined },
    { covers: [{ segment: 's', from: 3, to: 3, hash: '' }] },
    { covers: [{ segment: 's', from: -1, to: 3, hash: '' }] },
    { covers: [null] },
    { order: null },
    { order: { segment: 's', offset: 1.5 } },
    { lineCount: -1 },
    { lineCount: Number.MAX_VALUE },
    { textBytes: limits.batchTextBytesMax + 1 },
    { columnsBytes: limits.batchTextBytesMax * 5 },
    { timeMin: '1e5' },
    { timeMax: 12 },
  ];
  for (const change of wrong) {
    const bytes = encodeBatchFrame(
      { ...header, ...change } as unknown as BatchHeader,
      Buffer.alloc(0),
      Buffer.alloc(0),
    );
    assert.equal(faultOf(() => decodeFrame(bytes)).code, 'corrupt', JSON.stringify(change));
  }
  for (const not of [null, 5, [], 'x']) {
    const bytes = encodeBatchFrame(not as unknown as BatchHeader, Buffer.alloc(0), Buffer.alloc(0));
    assert.equal(faultOf(() => decodeFrame(bytes)).code, 'corrupt');
  }
});

test('facts are a list of objects with a kind, and not too many', () => {
  for (const not of [{}, 5, [null], [{ kind: 5 }], Array(limits.factsPerFrameMax + 1).fill(facts[0])]) {
    const bytes = encodeFactsFrame(not as unknown as Fact[]);
    assert.equal(faultOf(() => decodeFrame(bytes)).code, 'corrupt');
  }
});

test('a kind that is not known, and a header that is not JSON, are refused', () => {
  const unknown = encodeFactsFrame(facts);
  unknown[4] = 9;
  assert.match(faultOf(() => decodeFrame(sealed(unknown))).message, /kind 9/);
  const broken = encodeFactsFrame(facts);
  broken[20] = 0x7d;
  assert.match(faultOf(() => decodeFrame(sealed(broken))).message, /JSON/);
});

test('random bytes never do anything but throw a Fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void faultOf(() => decodeFrame(Buffer.from(bytes)))),
  );
});
