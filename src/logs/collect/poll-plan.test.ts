import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PollPlan } from './poll-plan.ts';
import { defaultCollectSettings } from './settings.ts';

const settings = { ...defaultCollectSettings, pollActiveMs: 100 };

test('files that nobody has looked at are looked at once', () => {
  const plan = new PollPlan(settings, { grewAtMs: 0 });
  assert.equal(plan.nextMs, 0);
});

test('a write that is told brings the next look near, but not nearer than a busy file has it', () => {
  const plan = new PollPlan(settings, { grewAtMs: 0 });
  plan.polled(5000);
  plan.nextMs = Number.POSITIVE_INFINITY;
  plan.written(5010);
  plan.written(5020);
  assert.equal(plan.nextMs, 5100);
  plan.polled(5100);
  plan.nextMs = Number.POSITIVE_INFINITY;
  plan.written(9000);
  assert.equal(plan.nextMs, 9000);
});

test('a write that is told does not put off a look that is planned', () => {
  const plan = new PollPlan(settings, { grewAtMs: 0 });
  plan.polled(5000);
  plan.atOnce();
  plan.written(5010);
  assert.equal(plan.nextMs, 0);
});

test('files are active for fifty looks after they grew', () => {
  const files = { grewAtMs: 1000 };
  const plan = new PollPlan(settings, files);
  assert.ok(plan.isActive(1000 + 49 * 100));
  assert.ok(!plan.isActive(1000 + 50 * 100));
});

test('growth counts as found by the look that was taken when it was seen', () => {
  const files = { grewAtMs: 1000 };
  const plan = new PollPlan(settings, files);
  plan.polled(1000);
  assert.ok(plan.hasFoundGrowth());
  plan.polled(2000);
  assert.ok(!plan.hasFoundGrowth());
});
