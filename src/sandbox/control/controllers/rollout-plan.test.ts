import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { DESIRED, MAX } from './rollout-annotations.ts';
import {
  boundsOf,
  expiredSets,
  isScaling,
  planRecreate,
  planRollingUpdate,
  planScaling,
  type Scaling,
  totalReplicas,
} from './rollout-plan.ts';

let serial = 0;

function set(
  name: string,
  replicas: number,
  available = replicas,
  annotations: Record<string, string> = {},
): KubeObject {
  serial += 1;
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, serial)).toISOString();
  return {
    metadata: { name, uid: name, generation: 1, creationTimestamp, annotations },
    spec: { replicas },
    status: { replicas, availableReplicas: available, observedGeneration: 1 },
  };
}

function deployment(replicas: number, strategy: object = { type: 'RollingUpdate' }): KubeObject {
  return { metadata: { name: 'web' }, spec: { replicas, strategy } };
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  type: 'RollingUpdate',
  rollingUpdate: { maxSurge, maxUnavailable },
});
const told = (plan: Scaling[]) => plan.map(({ set: { metadata }, replicas }) => [metadata.name, replicas]);

test('percentages round surge up and unavailability down', () => {
  assert.deepEqual(boundsOf(deployment(10, rolling('25%', '25%'))), { replicas: 10, maxSurge: 3, maxUnavailable: 2 });
  assert.deepEqual(boundsOf(deployment(1, rolling('25%', '25%'))), { replicas: 1, maxSurge: 1, maxUnavailable: 0 });
});

test('with neither surge nor unavailability one pod may be missing, or nothing would move', () => {
  assert.equal(boundsOf(deployment(3, rolling(0, 0))).maxUnavailable, 1);
  assert.equal(boundsOf(deployment(3, rolling(0, '10%'))).maxUnavailable, 1);
});

test('the new set grows as far as the surge allows', () => {
  const bounds = boundsOf(deployment(4, rolling(1, 1)));
  assert.deepEqual(told(planRollingUpdate(bounds, set('new', 0), [set('old', 4)])), [['new', 1]]);
});

test('old pods give way only as new ones become available', () => {
  const bounds = boundsOf(deployment(4, rolling(1, 0)));
  assert.deepEqual(told(planRollingUpdate(bounds, set('new', 1, 0), [set('old', 4)])), []);
  assert.deepEqual(told(planRollingUpdate(bounds, set('new', 1, 1), [set('old', 4)])), [['old', 3]]);
});

test('old pods that are not available go first and need no replacement to be there', () => {
  const bounds = boundsOf(deployment(4, rolling(1, 1)));
  const plan = planRollingUpdate(bounds, set('new', 1, 0), [set('broken', 2, 0), set('old', 2)]);
  assert.deepEqual(told(plan), [['broken', 1]]);
});

test('a new set that is too large shrinks', () => {
  assert.deepEqual(told(planRollingUpdate(boundsOf(deployment(2)), set('new', 5), [])), [['new', 2]]);
});

test('Recreate takes all old pods away at once', () => {
  assert.deepEqual(told(planRecreate([set('a', 2), set('b', 0)])), [['a', 0]]);
});

test('a deployment that was scaled is recognised by what its sets remember', () => {
  assert.equal(isScaling(deployment(3), [set('a', 2, 2, { [DESIRED]: '2' })]), true);
  assert.equal(
    isScaling(deployment(2), [set('a', 2, 2, { [DESIRED]: '2' }), set('b', 0, 0, { [DESIRED]: '9' })]),
    false,
  );
});

test('scaling with one active set moves that set', () => {
  const bounds = boundsOf(deployment(7));
  assert.deepEqual(told(planScaling(bounds, set('new', 3), [set('old', 0)], true)), [['new', 7]]);
  assert.deepEqual(told(planScaling(bounds, set('new', 0), [set('old', 3)], true)), [['old', 7]]);
});

test('scaling in the middle of a rollout is shared in proportion', () => {
  // The example of the documentation: 10 replicas, surge 3, 8 old and 5 new pods, scaled to 15.
  const before = { [DESIRED]: '10', [MAX]: '13' };
  const bounds = boundsOf(deployment(15, rolling(3, 2)));
  const plan = planScaling(bounds, set('new', 5, 0, before), [set('old', 8, 8, before)], true);
  assert.deepEqual(told(plan).sort(), [
    ['new', 7],
    ['old', 11],
  ]);
});

test('old sets past the history limit are forgotten, oldest revision first, never one with pods', () => {
  const revision = (name: string, number: number, replicas = 0) =>
    set(name, replicas, replicas, { 'deployment.kubernetes.io/revision': String(number) });
  const old = [revision('c', 3), revision('a', 1), revision('busy', 0, 1), revision('b', 2)];
  assert.deepEqual(
    expiredSets(2, old).map(({ metadata }) => metadata.name),
    ['a', 'b'],
  );
  assert.deepEqual(expiredSets(10, old), []);
});

test('a rolling update keeps within its bounds at every step and comes to its end', () => {
  const inputs = fc.record({
    replicas: fc.integer({ min: 1, max: 12 }),
    maxSurge: fc.integer({ min: 0, max: 5 }),
    maxUnavailable: fc.integer({ min: 0, max: 5 }),
    oldSizes: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(inputs, ({ replicas, maxSurge, maxUnavailable, oldSizes }) => {
      const bounds = boundsOf(deployment(replicas, rolling(maxSurge, maxUnavailable)));
      const newSet = set('new', 0);
      const old = oldSizes.map((size, at) => set(`old${at}`, size));
      const totalMax = Math.max(totalReplicas(old), bounds.replicas + bounds.maxSurge);
      let steps = 0;
      for (let plan = planRollingUpdate(bounds, newSet, old); ; plan = planRollingUpdate(bounds, newSet, old)) {
        if (plan.length === 0) break;
        const availableBefore = totalReplicas([newSet, ...old]);
        for (const scaling of plan) {
          scaling.set.spec.replicas = scaling.replicas;
          scaling.set.status.availableReplicas = scaling.replicas;
        }
        const total = totalReplicas([newSet, ...old]);
        assert.ok(total <= totalMax);
        assert.ok(total >= Math.min(availableBefore, bounds.replicas - bounds.maxUnavailable));
        steps += 1;
        assert.ok(steps < 100, 'the rollout does not end');
      }
      assert.equal(newSet.spec.replicas, replicas);
      assert.equal(totalReplicas(old), 0);
    }),
  );
});
