import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { chunkSamplesMax, readChunk, writeChunk } from './chunk.ts';

const stale = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer)[0]!;

function roundTrip(times: number[], values: Float64Array, starts: number[] | null): number {
  const out = new ByteWriter(16);
  const count = times.length;
  const columns = {
    times: Float64Array.from(times),
    values,
    starts: starts && Float64Array.from(starts),
  };
  writeChunk(out, columns, count);
  const read = {
    times: new Float64Array(count + 3),
    values: new Float64Array(count + 3),
    starts: new Float64Array(count + 3),
  };
  const input = new ByteReader(out.written());
  assert.equal(readChunk(input, read, 3), count);
  assert.equal(input.at, out.at, 'all that was written is read');
  assert.deepEqual(read.times.subarray(3), columns.times);
  assert.deepEqual([...read.starts.subarray(3)], starts ?? times.map(() => 0));
  const bits = (column: Float64Array) => [...new BigUint64Array(column.slice().buffer)];
  assert.deepEqual(bits(read.values.subarray(3)), bits(values), 'values bit by bit');
  return out.at;
}

const regular = (count: number) => Array.from({ length: count }, (_, i) => 1_700_000_000_000 + i * 15_000);

test('Any doubles at any times come back bit by bit', () => {
  const bits = fc.oneof(
    fc.bigInt(0n, 2n ** 64n - 1n),
    fc.constantFrom(0x7ff0000000000002n, 0x7ff8000000000001n, 0x8000000000000000n, 0x7ff0000000000000n),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map(bitsOf),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => bitsOf(value / 1000)),
    fc.double().map(bitsOf),
  );
  const sample = fc.tuple(fc.integer({ min: 1, max: 2 ** 31 }), bits, fc.constantFrom(0, 0, 5, 1_700_000_000_000));
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 130 }), fc.boolean(), (samples, withStarts) => {
      let time = -5000;
      const times = samples.map(([step]) => (time += step));
      const values = new Float64Array(new BigUint64Array(samples.map(([, bits]) => bits)).buffer);
      roundTrip(times, values, withStarts ? samples.map(([, , start]) => start) : null);
    }),
  );
});

function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!;
}

test('Values of one kind come back, in the longest chunk too', () => {
  const kinds: ((i: number) => number)[] = [
    (i) => i * 3 + (i % 7),
    (i) => (i * 7919) % 1000,
    (i) => Math.sin(i) * 1e5,
    (i) => (i % 50 === 0 ? 1e9 : 0),
    (i) => i / 1000,
    (i) => (i % 100 === 99 ? stale : 1),
    (i) => (i % 3 === 0 ? stale : Math.sqrt(i)),
    (i) => 2 ** 46 - i * 2 ** 38,
    (i) => (i % 2 === 0 ? 2 ** 46 : -(2 ** 46)),
    (i) => 5e-324 * i,
    (i) => 1.1 ** i,
  ];
  for (const kind of kinds) {
    for (const count of [1, 2, 31, 32, 33, 64, 65, chunkSamplesMax]) {
      roundTrip(
        regular(count),
        Float64Array.from({ length: count }, (_, i) => kind(i)),
        null,
      );
    }
  }
});

test('A constant takes less than 20 bytes, an even counter little more, and jitter of the clock half a byte', () => {
  const constant = roundTrip(regular(480), new Float64Array(480).fill(1), null);
  assert.ok(constant < 20, `${constant} bytes`);
  const counter = roundTrip(
    regular(480),
    Float64Array.from({ length: 480 }, (_, i) => 100 + i * 30),
    null,
  );
  assert.ok(counter < 24, `${counter} bytes`);
  const jitter = regular(480).map((time, i) => time + ((i * 7919) % 13) - 6);
  const late = roundTrip(jitter, new Float64Array(480).fill(1), null);
  assert.ok(late < 480 * 0.55 + 20, `${late} bytes`);
});

test('Bytes that are no chunk are refused, whatever they are', () => {
  const columns = () => ({
    times: new Float64Array(chunkSamplesMax),
    values: new Float64Array(chunkSamplesMax),
    starts: new Float64Array(chunkSamplesMax),
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        assert.ok(readChunk(new ByteReader(bytes), columns(), 0) <= chunkSamplesMax);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'corrupt');
      }
    }),
  );
});
