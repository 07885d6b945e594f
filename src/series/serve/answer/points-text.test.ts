import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { secondsText, valueText } from './json-number.ts';
import { pointsAtOnceMax, pointsText } from './points-text.ts';

function assertSameText(points: readonly (readonly [timeMs: number, value: number])[]): void {
  const { timesMs, values, text, write } = pointsText();
  for (let from = 0; from < points.length; from += pointsAtOnceMax) {
    const some = points.slice(from, from + pointsAtOnceMax);
    for (const [at, [timeMs, value]] of some.entries()) [timesMs[at], values[at]] = [timeMs, value];
    const written = Buffer.from(text.subarray(0, write(some.length, 0x5b))).toString();
    assert.equal(written, `[${some.map(([timeMs, value]) => `[${secondsText(timeMs)},"${valueText(value)}"]`).join()}`);
  }
}

const timeLimitMs = 9_223_309_901_258_974;
const times = fc.oneof(
  fc.integer({ min: 0, max: 4e12 }),
  fc.maxSafeInteger(),
  fc.constantFrom(-timeLimitMs, timeLimitMs, 0, -1, 999, -1000),
);
const decimals = fc
  .tuple(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.integer({ min: 0, max: 12 }))
  .map(([whole, places]) => whole / 10 ** places);
const scaled = fc
  .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: -330, max: 310 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
const quotients = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 1000 })).map(([a, b]) => a / b);
const values = fc.oneof(fc.double(), decimals, scaled, quotients, fc.integer(), fc.maxSafeInteger());

test('times and values have the same text as TypeScript gives them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(times, values), { minLength: 1, maxLength: pointsAtOnceMax }), assertSameText),
    {
      numRuns: 500,
    },
  );
});

test('every power of two, and the doubles beside it, keep their shortest digits', () => {
  const word = new BigUint64Array(1);
  const double = new Float64Array(word.buffer);
  const points: [number, number][] = [];
  for (let exponent = 0n; exponent < 2048n; exponent++) {
    for (const beside of [-1n, 0n, 1n]) {
      word[0] = BigInt.asUintN(64, (exponent << 52n) + beside);
      points.push([0, double[0]!], [0, -double[0]!]);
    }
  }
  assertSameText(points);
});

test('every power of ten, and limits of the forms, keep their digits', () => {
  const limits = [2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 1e15, 1e16, 1e21, 1e-6, 1e-7, 9.999999999999999e20, 5e-324, 0, -0];
  const tens = Array.from({ length: 633 }, (_, at) => Number(`1e${at - 324}`));
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE];
  assertSameText([...limits, ...tens, ...special].flatMap((value) => [[1500, value] as const, [0, -value] as const]));
});
