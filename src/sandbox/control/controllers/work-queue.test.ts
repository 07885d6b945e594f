import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../base/clock.ts';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import { Expectations } from './expectations.ts';
import { WorkQueue } from './work-queue.ts';

/** Time stands still until it is moved. */
class HandClock implements Clock {
  #nowMs = 0;
  readonly #sleepers: { dueMs: number; wake: () => void }[] = [];
  nowMs = () => this.#nowMs;
  monotonicMs = () => this.#nowMs;
  sleep(delayMs: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ dueMs: this.#nowMs + delayMs, wake }));
  }
  async pass(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const sleeper of this.#sleepers) if (sleeper.dueMs <= this.#nowMs) sleeper.wake();
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}

function started(sync: (key: string) => Promise<void>) {
  const clock = new HandClock();
  const controller = new AbortController();
  const queue = new WorkQueue(sync, { clock, log: silentLogger, signal: controller.signal });
  const done = queue.run();
  const stop = () => {
    controller.abort();
    return done;
  };
  return { clock, queue, stop };
}

test('a key that is added while it waits is worked on once, one added during the work once more', async () => {
  const worked: string[] = [];
  const { queue, stop } = started(async (key) => {
    if (worked.push(key) === 1) queue.add('a');
  });
  queue.add('a');
  queue.add('b');
  queue.add('a');
  await settled();
  assert.deepEqual(worked, ['a', 'b', 'a']);
  await stop();
});

test('work that fails comes back after a while that grows', async () => {
  const atMs: number[] = [];
  const { clock, queue, stop } = started(async () => {
    atMs.push(clock.nowMs());
    if (atMs.length < 4) throw new Error('not yet');
  });
  queue.add('a');
  await settled();
  for (let ms = 0; ms < 400; ms += 5) await clock.pass(5);
  assert.equal(atMs.length, 4);
  const waits = atMs.slice(1).map((ms, at) => ms - atMs[at]!);
  assert.ok(waits[0]! >= 10 && waits[0]! <= 25, String(waits));
  assert.ok(waits[2]! >= 40 && waits[2]! <= 85, String(waits));
  await stop();
});

test('of several delays for a key the earliest counts', async () => {
  let worked = 0;
  const { clock, queue, stop } = started(async () => void (worked += 1));
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 70);
  await clock.pass(49);
  assert.equal(worked, 0);
  await clock.pass(1);
  assert.equal(worked, 1);
  await clock.pass(100);
  assert.equal(worked, 1);
  await stop();
});

test('a delay that no timer could hold is cut, so that it does not come due at once', async () => {
  let worked = 0;
  const { clock, queue, stop } = started(async () => void (worked += 1));
  queue.addAfter('a', 2 ** 31 * 1000);
  await clock.pass(3_599_999);
  assert.equal(worked, 0);
  await clock.pass(1);
  assert.equal(worked, 1);
  await stop();
});

test('an expectation is open until it is observed, or given up', async () => {
  const clock = new HandClock();
  const expectations = new Expectations(clock);
  expectations.expect('set', 'created a');
  expectations.expect('set', 'created b');
  expectations.observe('set', 'created a');
  assert.equal(expectations.openForMs('set'), 60_000);
  expectations.observe('set', 'created b');
  assert.equal(expectations.openForMs('set'), undefined);
  expectations.expect('set', 'created c');
  await clock.pass(60_000);
  assert.equal(expectations.openForMs('set'), undefined);
});
