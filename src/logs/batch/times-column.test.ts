import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { TIME_JUMP } from './columns.ts';
import { timesFrom } from './times-column.ts';

const SECOND_NANOS = 1_000_000_000n;

/** What the column says, number by number; undefined where it says nothing. */
function plainTimes(column: Uint8Array, lineCount: number, base: bigint): bigint[] | undefined {
  let at = 0;
  const next = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = column[at++];
      if (byte === undefined || shift > 49n) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value > 2n ** 53n ? undefined : value;
    }
  };
  const zigzag = (number: bigint) => ((number & 1n) === 0n ? number >> 1n : -((number + 1n) >> 1n));
  const times: bigint[] = [];
  for (let time = base; times.length < lineCount; times.push(time)) {
    const number = next();
    if (number === undefined) return undefined;
    if (number !== BigInt(TIME_JUMP)) time = BigInt.asIntN(64, time + zigzag(number));
    else {
      const [seconds, nanos] = [next(), next()];
      if (seconds === undefined || nanos === undefined) return undefined;
      time = BigInt.asIntN(64, zigzag(seconds) * SECOND_NANOS + nanos);
    }
  }
  return times;
}

function decoded(column: Uint8Array, lineCount: number, base: bigint): bigint[] | undefined {
  try {
    return [...timesFrom(Buffer.from(column), lineCount, base)];
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'corrupt', String(error));
    return undefined;
  }
}

function varint(value: bigint): number[] {
  return value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)];
}

const numbers = fc.oneof(
  fc.bigInt(0n, 2n ** 40n),
  fc.bigInt(0n, 2n ** 53n + 2n),
  fc.constant(BigInt(TIME_JUMP)),
  fc.nat(200).map(BigInt),
);
const base = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);

test('times are what the numbers of the column say one by one', () => {
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 60 }), fc.nat(60), base, (all, lineCount, from) => {
      const column = Uint8Array.from(all.flatMap(varint));
      assert.deepEqual(decoded(column, lineCount, from), plainTimes(column, lineCount, from));
    }),
  );
});

test('of any bytes, times are what their numbers say, or they are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(40), base, (column, lineCount, from) => {
      assert.deepEqual(decoded(column, lineCount, from), plainTimes(column, lineCount, from));
    }),
  );
});

test('what one column left in memory is no part of the next', () => {
  decoded(new Uint8Array(200).fill(1), 200, 0n);
  assert.throws(() => timesFrom(Buffer.from([2, 2]), 3, 0n), /ends early/);
  assert.throws(() => timesFrom(Buffer.alloc(0), 1, 0n), /ends early/);
  assert.throws(() => timesFrom(Buffer.alloc(9, 0x80), 1, 0n), /too large/);
});
