import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashBackoff, crashBackoffDefaults } from './crash-backoff.ts';

test('the first restart is at once, then the wait doubles from 10 s to 5 min', () => {
  const backoff = new CrashBackoff(crashBackoffDefaults);
  const delays = Array.from({ length: 8 }, (_, attempt) => backoff.delayMs(attempt, 1000) / 1000);
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('asking again about the same instance changes nothing', () => {
  const backoff = new CrashBackoff(crashBackoffDefaults);
  backoff.delayMs(0, 0);
  assert.equal(backoff.delayMs(1, 0), backoff.delayMs(1, 0));
});

test('a container that ran for ten minutes begins anew', () => {
  const backoff = new CrashBackoff(crashBackoffDefaults);
  for (let attempt = 0; attempt < 5; attempt++) backoff.delayMs(attempt, 1000);
  assert.equal(backoff.delayMs(5, 600_000), 0);
  assert.equal(backoff.delayMs(6, 1000), 10_000);
});

test('a kubelet that was started anew does not restart a crashing container at once', () => {
  assert.equal(new CrashBackoff(crashBackoffDefaults).delayMs(7, 1000), 10_000);
});
