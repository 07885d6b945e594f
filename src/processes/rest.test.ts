import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Clock } from '../base/clock.ts';
import { Rest } from './rest.ts';

let nowMs = 0;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.reject(new Error('unused')) };

beforeEach(() => {
  nowMs = 0;
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
});

afterEach(() => mock.timers.reset());

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  mock.timers.tick(ms);
  // Who waits for the rest is told in the turns that follow.
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

function begin(rest: Rest, endMs: number): () => boolean {
  let isOver = false;
  void rest.until(endMs).then(() => {
    isOver = true;
  });
  return () => isOver;
}

test('it ends when its time has come, but lasts at least the shortest rest', async () => {
  const rest = new Rest(clock, 100);
  const isLong = begin(rest, 500);
  await pass(499);
  assert.equal(isLong(), false);
  await pass(1);
  assert.equal(isLong(), true);
  const isShort = begin(rest, nowMs - 50);
  await pass(99);
  assert.equal(isShort(), false);
  await pass(1);
  assert.equal(isShort(), true);
});

test('what can wait a little ends it after the shortest rest, however often it is said', async () => {
  const rest = new Rest(clock, 100);
  const early = begin(rest, 5000);
  await pass(10);
  for (let i = 0; i < 3; i++) rest.endSoon();
  await pass(89);
  assert.equal(early(), false);
  await pass(1);
  assert.equal(early(), true);
  const late = begin(rest, 5000);
  await pass(1000);
  rest.endSoon();
  await pass(0);
  assert.equal(late(), true);
});

test('what cannot wait ends it at once; said while there is none, it does nothing', async () => {
  const rest = new Rest(clock, 100);
  rest.end();
  rest.endSoon();
  const isOver = begin(rest, 5000);
  await pass(1);
  assert.equal(isOver(), false);
  rest.end();
  await pass(0);
  assert.equal(isOver(), true);
});
