import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnPlan } from './turn-plan.ts';

test('there is no turn before one is planned', () => {
  const plan = new TurnPlan(250);
  assert.equal(plan.isPlanned, false);
  assert.equal(plan.nextMs, Number.POSITIVE_INFINITY);
});

test('turns that can wait are apart', () => {
  const plan = new TurnPlan(250);
  plan.planUnhurried(1000);
  assert.equal(plan.nextMs, 1000, 'the first has nothing to wait for');
  plan.taken(1000);
  assert.equal(plan.isPlanned, false);
  plan.planUnhurried(1100);
  assert.equal(plan.nextMs, 1250);
});

test('what is planned stands until it is called off', () => {
  const plan = new TurnPlan(250);
  plan.plan(9000);
  plan.plan(1000);
  assert.equal(plan.nextMs, 9000);
  plan.callOff();
  plan.plan(1000);
  assert.equal(plan.nextMs, 1000);
});
