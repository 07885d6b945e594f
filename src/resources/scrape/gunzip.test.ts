import assert from 'node:assert/strict';
import test from 'node:test';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { gunzipPlain, packedBytesMax, unpackedBytesMax } from './gunzip.ts';

/** From what repeats itself much to what does not at all, in all the ways of deflate. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.tuple(fc.string({ maxLength: 40 }), fc.nat(400)).map(([text, times]) => Buffer.from(text.repeat(times))),
  fc
    .array(fc.constantFrom('container_', 'cpu_usage', '{pod="', '"} ', '1.2345', 'e+06', '\n', 'é'), {
      maxLength: 2000,
    })
    .map((words) => Buffer.from(words.join(''))),
);
const ways = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.integer({ min: 0, max: 4 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

function zlibOf(packed: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(packed);
  } catch {
    return undefined;
  }
}

test('whatever is packed comes out as it was, however it was packed', () => {
  const holds = fc.property(contents, ways, (content, way) => {
    assert.deepEqual(gunzipPlain(gzipSync(content, way)), Buffer.from(content));
  });
  fc.assert(holds);
});

test('what zlib does not unpack, or unpacks to something else, is not unpacked', () => {
  const damages = fc.record({ at: fc.nat(), xor: fc.integer({ min: 1, max: 255 }), cut: fc.nat(20), more: fc.nat(2) });
  const holds = fc.property(contents, ways, damages, (content, way, { at, xor, cut, more }) => {
    const packed = gzipSync(content, way);
    packed[at % packed.length]! ^= xor;
    const damaged = Buffer.concat([packed.subarray(0, packed.length - cut), Buffer.alloc(more)]);
    const found = gunzipPlain(damaged);
    if (found) assert.deepEqual(found, zlibOf(damaged));
  });
  fc.assert(holds);
});

test('any bytes behind a head come to an end', () => {
  const trailer = Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0, 0]);
  const holds = fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
    const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    const packed = Buffer.concat([head, bytes, trailer]);
    const found = gunzipPlain(packed);
    if (found) assert.deepEqual(found, zlibOf(packed));
  });
  fc.assert(holds);
});

test('what is not of the plain kind, or too large, is left to zlib', () => {
  const packed = gzipSync('a page');
  assert.equal(gunzipPlain(packed)?.toString(), 'a page');
  assert.equal(gunzipPlain(Buffer.concat([packed, packed])), undefined);
  assert.equal(gunzipPlain(deflateRawSync('a page')), undefined);
  assert.equal(gunzipPlain(Buffer.alloc(0)), undefined);
  const named = Buffer.concat([packed.subarray(0, 10), Buffer.from('name\0'), packed.subarray(10)]);
  named[3] = 8;
  assert.equal(zlibOf(named)?.toString(), 'a page');
  assert.equal(gunzipPlain(named), undefined);
  assert.equal(gunzipPlain(gzipSync(Buffer.alloc(unpackedBytesMax, 'x')))?.length, unpackedBytesMax);
  assert.equal(gunzipPlain(gzipSync(Buffer.alloc(unpackedBytesMax + 1, 'x'))), undefined);
  assert.equal(gunzipPlain(gzipSync(Buffer.alloc(packedBytesMax + 1), { level: 0 })), undefined);
});

test('a trailer that lies about the length unpacks nothing', () => {
  const packed = gzipSync('a page');
  for (const length of [0, 5, 7, 2 ** 32 - 1]) {
    packed.writeUInt32LE(length, packed.length - 4);
    assert.equal(gunzipPlain(packed), undefined);
  }
});
