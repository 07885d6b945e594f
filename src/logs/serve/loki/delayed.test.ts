import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../base/clock.ts';
import type { StreamResult } from '../../query/query.ts';
import { delayed, waitingLinesMax } from './delayed.ts';

/** A clock that stands where it is until somebody waits for it. */
class WaitedClock implements Clock {
  ms = 0;
  nowMs = () => this.ms;
  monotonicMs = () => this.ms;
  async sleep(delayMs: number): Promise<void> {
    await new Promise(setImmediate);
    this.ms += delayMs;
  }
}

const labels = (app: string) => ({ labels: { app }, categorized: { stream: { app }, metadata: {}, parsed: {} } });

function stream(app: string, lines: Record<string, number>): StreamResult {
  const entries = Object.entries(lines).map(([line, ms]) => ({ timeNs: BigInt(ms) * 1_000_000n, line }));
  return { ...labels(app), entries };
}

async function sent(clock: WaitedClock, source: () => AsyncGenerator<StreamResult[]>, delayMs: number) {
  const all: { ms: number; lines: string[] }[] = [];
  for await (const streams of delayed(source(), delayMs, clock, new AbortController().signal)) {
    all.push({ ms: clock.ms, lines: streams.flatMap(({ entries }) => entries.map(({ line }) => line)) });
  }
  return all;
}

test('lines wait until they are so old, and are then in the order of their times, whichever stream came first', async () => {
  const clock = new WaitedClock();
  async function* source() {
    yield [stream('a', { second: 200, fourth: 900 })];
    while (clock.ms < 100) await new Promise(setImmediate);
    yield [stream('b', { first: 100, third: 250 })];
    while (clock.ms < 1900) await new Promise(setImmediate);
  }
  const all = await sent(clock, source, 1000);
  assert.deepEqual(
    all.flatMap(({ lines }) => lines),
    ['first', 'second', 'third', 'fourth'],
  );
  for (const [at, dueMs] of [1100, 1200, 1300, 1900].entries()) assert.equal(all[at]?.ms, dueMs);
});

test('what still waits at the end is sent; more than may wait is sent early', async () => {
  const clock = new WaitedClock();
  const many = Object.fromEntries(Array.from({ length: waitingLinesMax + 2 }, (_, at) => [`line ${at}`, at]));
  async function* source() {
    yield [stream('a', many)];
  }
  const all = await sent(clock, source, 5000);
  assert.deepEqual(all[0]?.lines, ['line 0', 'line 1']);
  assert.equal(
    all.reduce((sum, { lines }) => sum + lines.length, 0),
    waitingLinesMax + 2,
  );
});

test('waiting ends when the tail does', async () => {
  const gone = new AbortController();
  async function* source(): AsyncGenerator<StreamResult[]> {
    yield [stream('a', { later: 1e9 })];
    await new Promise((_, reject) => gone.signal.addEventListener('abort', () => reject(gone.signal.reason)));
  }
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: (_, signal) => aborted(signal!) };
  setImmediate(() => gone.abort(new Error('gone')));
  await assert.rejects(async () => {
    for await (const _ of delayed(source(), 1000, clock, gone.signal)) assert.fail('nothing is due');
  }, /gone/);
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
