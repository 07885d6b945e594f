import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { Alarm } from './alarm.ts';

test('the earliest of several times rings, once, and a stopped alarm never does', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rings = 0;
  const alarm = new Alarm({ ...systemClock, monotonicMs: () => 0 }, () => {
    rings += 1;
  });
  alarm.ringIn(1000);
  alarm.ringIn(10);
  alarm.ringIn(500);
  t.mock.timers.tick(9);
  assert.equal(rings, 0);
  t.mock.timers.tick(1);
  assert.equal(rings, 1);
  t.mock.timers.tick(5000);
  assert.equal(rings, 1);
  alarm.ringIn(10);
  alarm.stop();
  alarm.ringIn(10);
  t.mock.timers.tick(5000);
  assert.equal(rings, 1);
});
