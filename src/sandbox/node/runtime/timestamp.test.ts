import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRfc3339 } from '../../../base/nanotime.ts';
import { RecordClock } from './timestamp.ts';

function stoppedAt(wallMs: number, counter: [number, number]) {
  return { wallMs, pair: counter, nowMs: () => clockState.wallMs, counter: () => clockState.pair };
}
let clockState: { wallMs: number; pair: [number, number] };

function textOf(clock: RecordClock): string {
  const buffer = Buffer.alloc(40);
  return buffer.toString('latin1', 0, clock.write(buffer, 0));
}

test('a time is printed as RFC3339Nano, with trailing zeros of the fraction cut', () => {
  clockState = { wallMs: Date.UTC(2026, 10, 22, 19, 48, 38), pair: [100, 0] };
  const clock = new RecordClock(stoppedAt(0, [0, 0]));
  clockState.pair = [100, 250_625_840];
  assert.equal(textOf(clock), '2026-11-22T19:48:38.25062584Z');
  clockState.pair = [100, 999_999_999];
  assert.equal(textOf(clock), '2026-11-22T19:48:38.999999999Z');
  clockState.pair = [101, 0];
  assert.equal(textOf(clock), '2026-11-22T19:48:39.000000001Z'.replace('.000000001', ''));
});

test('two records within one tick of the counter have different times', () => {
  clockState = { wallMs: Date.UTC(2026, 0, 1), pair: [5, 999_999_998] };
  const clock = new RecordClock(stoppedAt(0, [0, 0]));
  const times = [textOf(clock), textOf(clock), textOf(clock)].map((text) => parseRfc3339(text));
  assert.equal(new Set(times).size, 3);
  assert.ok(times[0]! < times[1]! && times[1]! < times[2]!);
});

test('a wall clock that was set back is followed', () => {
  clockState = { wallMs: Date.UTC(2026, 0, 1, 12), pair: [5, 0] };
  const clock = new RecordClock(stoppedAt(0, [0, 0]));
  textOf(clock);
  clockState.wallMs -= 3_600_000;
  clock.follow();
  assert.match(textOf(clock), /^2026-01-01T11:00:00/);
});
