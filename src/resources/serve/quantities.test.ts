import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDurationMs } from '../../base/duration.ts';
import { canonicalQuantity, quantityNanos } from '../../kubernetes/schema/quantity.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeWindow } from './json-item.ts';
import { Amount, durationText, timeText } from './quantities.ts';

const cpuText = (nanocores: number) => written(new Amount().cpu(nanocores));
const memoryText = (bytes: number) => written(new Amount().memory(bytes));

/** As it goes into an answer. */
function written({ digits, suffix }: Amount): string {
  const writer = new ByteWriter();
  writer.digits(digits);
  writer.plain(suffix);
  return Buffer.concat(writer.end()).toString();
}

test('CPU is printed as Kubernetes prints nanocores', () => {
  assert.deepEqual([0, 1, 1000, 123_456_789, 5e6, 1e9, 1.5e9, 3e12].map(cpuText), [
    '0',
    '1n',
    '1u',
    '123456789n',
    '5m',
    '1',
    '1500m',
    '3k',
  ]);
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (nanocores) => {
      assert.equal(cpuText(nanocores), canonicalQuantity(`${nanocores}n`));
    }),
  );
});

test('memory is printed as Kubernetes prints bytes of a binary quantity', () => {
  assert.deepEqual([0, 512, 1000, 1023, 1024, 1025, 4_730_880, 2 ** 30, 2 ** 40].map(memoryText), [
    '0',
    '512',
    '1k',
    '1023',
    '1Ki',
    '1025',
    '4620Ki',
    '1Gi',
    '1Ti',
  ]);
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
      assert.equal(quantityNanos(memoryText(bytes)), BigInt(bytes) * 1_000_000_000n);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (kibibytes) => {
      assert.equal(memoryText(kibibytes * 1024), canonicalQuantity(`${kibibytes}Ki`));
    }),
  );
});

test('what is no amount is nothing', () => {
  assert.deepEqual([cpuText(-1), cpuText(0.9), memoryText(-5)], ['0', '0', '0']);
});

test('windows are printed as Go prints durations', () => {
  const texts = [0, 15_020, 15_000, 60_000, 60_500, 3_600_000, 90_061_001, 20, 1.5, 0.0015, 0.000_001, -1500].map(
    durationText,
  );
  assert.deepEqual(texts, [
    '0s',
    '15.02s',
    '15s',
    '1m0s',
    '1m0.5s',
    '1h0m0s',
    '25h1m1.001s',
    '20ms',
    '1.5ms',
    '1.5µs',
    '1ns',
    '-1.5s',
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 * 24 * 3600_000 }), (windowMs) => {
      assert.ok(Math.abs(parseDurationMs(durationText(windowMs)) - windowMs) < 1e-6);
    }),
  );
});

test('a window goes into an answer as its text', () => {
  const windowMs = fc.oneof(
    fc.integer({ min: -100_000, max: 100_000 }),
    fc.double({ min: 0, max: 100_000, noNaN: true }),
  );
  fc.assert(
    fc.property(windowMs, (ms) => {
      const writer = new ByteWriter();
      writeWindow(writer, ms);
      assert.equal(Buffer.concat(writer.end()).toString(), durationText(ms));
    }),
  );
});

test('times are whole seconds', () => {
  assert.equal(timeText(Date.UTC(2026, 10, 23, 1, 2, 3) / 1000), '2026-11-23T01:02:03Z');
});
