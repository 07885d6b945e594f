import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type Condition, conditionOf } from '../conditions.ts';
import { deploymentStatus, isComplete, withProgress } from './deployment-status.ts';
import { kubeTime } from './kube-time.ts';
import { boundsOf } from './rollout-plan.ts';

const nowMs = Date.UTC(2026, 0, 1);

function deployment(conditions: Condition[] = [], status: object = {}): KubeObject {
  return {
    metadata: { name: 'web', generation: 2 },
    spec: { replicas: 4, progressDeadlineSeconds: 600, strategy: { type: 'RollingUpdate' } },
    status: { ...status, conditions },
  };
}

function set(replicas: number, available: number): KubeObject {
  return {
    metadata: { name: 'web-x' },
    spec: { replicas },
    status: { replicas, readyReplicas: available, availableReplicas: available },
  };
}

const statusOf = (of: KubeObject, newSet: KubeObject, old: KubeObject[] = []) =>
  deploymentStatus(of, newSet, [...old, newSet], boundsOf(of), nowMs);

test('the numbers are those of all sets, the updated ones those of the new set', () => {
  const { conditions, ...numbers } = statusOf(deployment(), set(2, 1), [set(3, 3)]);
  assert.deepEqual(numbers, {
    observedGeneration: 2,
    replicas: 5,
    updatedReplicas: 2,
    readyReplicas: 4,
    availableReplicas: 4,
    unavailableReplicas: 1,
  });
  assert.equal(conditionOf(conditions, 'Available')?.status, 'True');
});

test('a deployment is available with as few as may be missing, and not with fewer', () => {
  const available = (count: number) =>
    conditionOf(statusOf(deployment(), set(4, count)).conditions, 'Available')?.status;
  assert.equal(available(3), 'True');
  assert.equal(available(2), 'False');
});

test('a complete rollout says so, and stays complete when a pod fails later', () => {
  const done = withProgress(deployment(), statusOf(deployment(), set(4, 4)), set(4, 4), nowMs).status;
  assert.equal(conditionOf(done.conditions, 'Progressing')?.reason, 'NewReplicaSetAvailable');
  assert.ok(isComplete(deployment(), done));
  const later = deployment(done.conditions, done);
  const after = withProgress(later, statusOf(later, set(4, 2)), set(4, 2), nowMs + 3600_000).status;
  assert.equal(conditionOf(after.conditions, 'Progressing')?.reason, 'NewReplicaSetAvailable');
});

test('progress moves the time of update, so that the deadline counts from the last step', () => {
  const before = deployment([], { updatedReplicas: 1, replicas: 1 });
  const { status, recheckMs } = withProgress(before, statusOf(before, set(2, 0)), set(2, 0), nowMs);
  assert.equal(conditionOf(status.conditions, 'Progressing')?.reason, 'ReplicaSetUpdated');
  assert.equal(conditionOf(status.conditions, 'Progressing')?.lastUpdateTime, kubeTime(nowMs));
  assert.equal(recheckMs, 600_000);
});

test('no progress within the deadline fails the rollout, as kubectl rollout status reports', () => {
  const since = kubeTime(nowMs - 600_000);
  const condition = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: since };
  const stuck = deployment([condition], { updatedReplicas: 2, replicas: 2 });
  const early = withProgress(stuck, statusOf(stuck, set(2, 0)), set(2, 0), nowMs - 1000);
  assert.equal(early.recheckMs, 1000);
  const late = withProgress(stuck, statusOf(stuck, set(2, 0)), set(2, 0), nowMs);
  assert.equal(conditionOf(late.status.conditions, 'Progressing')?.reason, 'ProgressDeadlineExceeded');
  assert.equal(conditionOf(late.status.conditions, 'Progressing')?.status, 'False');
});

test('the time of transition stays while the status stays', () => {
  const since = kubeTime(nowMs - 5000);
  const available = { type: 'Available', status: 'True', reason: 'Other', message: '', lastTransitionTime: since };
  const status = statusOf(deployment([available]), set(4, 4));
  assert.equal(conditionOf(status.conditions, 'Available')?.lastTransitionTime, since);
});

test('a replica set that cannot make its pods is heard of, until it can', () => {
  const since = kubeTime(nowMs);
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: 'no',
    lastTransitionTime: since,
  };
  const failing = { ...set(4, 0), status: { conditions: [failure] } };
  const failed = statusOf(deployment(), failing);
  assert.equal(conditionOf(failed.conditions, 'ReplicaFailure')?.message, 'no');
  const mended = statusOf(deployment(failed.conditions), set(4, 4));
  assert.equal(conditionOf(mended.conditions, 'ReplicaFailure'), undefined);
});
