import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { ExpiringAnswers } from './expiring-answers.ts';

test('an answer holds as long as it says, one that failed not at all, and the oldest makes room', async () => {
  let nowMs = 0;
  const answers = new ExpiringAnswers<number>({ ...systemClock, monotonicMs: () => nowMs }, 2);
  let asked = 0;
  const get = (key: string) =>
    answers.get(
      key,
      async () => ++asked,
      () => 100,
    );
  assert.deepEqual([await get('a'), await get('a')], [1, 1]);
  nowMs = 100;
  assert.equal(await get('a'), 2);
  await assert.rejects(
    answers.get(
      'b',
      () => Promise.reject(new Error('away')),
      () => 100,
    ),
  );
  assert.equal(await get('b'), 3);
  assert.equal(await get('c'), 4);
  assert.equal(await get('b'), 3);
  assert.equal(await get('a'), 5);
});
