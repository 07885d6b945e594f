import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { kubeTime } from './kube-time.ts';
import { availableInMs, isActive, planReplicas } from './replica-plan.ts';
import { replicaSetStatus } from './replica-set-status.ts';

const nowMs = Date.UTC(2026, 0, 1);
type Given = { node?: string; phase?: string; readySinceMs?: number; restarts?: number; cost?: string; ageMs?: number };

function pod(name: string, given: Given = {}): KubeObject {
  const { node = 'n', phase = 'Running', readySinceMs = 0, restarts = 0, cost, ageMs = 0 } = given;
  const lastTransitionTime = kubeTime(nowMs - readySinceMs);
  return {
    metadata: {
      name,
      creationTimestamp: kubeTime(nowMs - ageMs),
      annotations: cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost },
    },
    spec: { nodeName: node },
    status: {
      phase,
      conditions: readySinceMs < 0 ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime }],
      containerStatuses: [{ restartCount: restarts }],
    },
  };
}

const deleted = (replicas: number, pods: KubeObject[]) =>
  planReplicas(replicas, pods).delete.map(({ metadata }) => metadata.name);

test('missing pods are made, as many as one round may make', () => {
  assert.deepEqual(planReplicas(3, [pod('a')]), { create: 2, delete: [] });
  assert.equal(planReplicas(10_000, []).create, 500);
});

test('a pod without a node goes before one that is not running, that before one that is not ready', () => {
  const pods = [
    pod('ready'),
    pod('pending', { phase: 'Pending', readySinceMs: -1 }),
    pod('unready', { readySinceMs: -1 }),
    pod('unplaced', { node: '', phase: 'Pending', readySinceMs: -1 }),
  ];
  assert.deepEqual(deleted(1, pods), ['unplaced', 'pending', 'unready']);
});

test('the deletion cost decides among ready pods', () => {
  assert.deepEqual(deleted(1, [pod('dear', { cost: '10' }), pod('cheap', { cost: '-1' })]), ['cheap']);
});

test('the fuller node gives up a pod first', () => {
  assert.deepEqual(deleted(2, [pod('a', { node: 'x' }), pod('b', { node: 'y' }), pod('c', { node: 'y' })]), ['b']);
});

test('what became ready last goes first, then what restarted most, then the youngest', () => {
  assert.deepEqual(deleted(1, [pod('a', { readySinceMs: 9000 }), pod('b', { readySinceMs: 1000 })]), ['b']);
  assert.deepEqual(deleted(1, [pod('a', { restarts: 1 }), pod('b', { restarts: 5 })]), ['b']);
  assert.deepEqual(deleted(1, [pod('a', { ageMs: 1000 }), pod('b', { ageMs: 60_000 })]), ['a']);
});

test('pods that end or have ended do not count', () => {
  assert.equal(isActive(pod('a', { phase: 'Succeeded' })), false);
  assert.equal(isActive({ ...pod('a'), metadata: { name: 'a', deletionTimestamp: kubeTime(nowMs) } }), false);
});

test('a pod is available after it has been ready for long enough', () => {
  assert.equal(availableInMs(pod('a', { readySinceMs: 4000 }), 10, nowMs), 6000);
  assert.equal(availableInMs(pod('a', { readySinceMs: 10_000 }), 10, nowMs), 0);
  assert.equal(availableInMs(pod('a', { readySinceMs: -1 }), 0, nowMs), undefined);
});

test('the status counts, says when to look again, and carries a failure until it is over', () => {
  const set: KubeObject = {
    metadata: { name: 's', generation: 3 },
    spec: { minReadySeconds: 10, template: { metadata: { labels: { app: 'web' } } } },
  };
  const labelled = { ...pod('a', { readySinceMs: 20_000 }) };
  labelled.metadata.labels = { app: 'web' };
  const pods = [labelled, pod('b', { readySinceMs: 3000 }), pod('c', { readySinceMs: -1 })];
  const failed = replicaSetStatus(set, pods, { reason: 'FailedCreate', message: 'no' }, nowMs);
  assert.equal(failed.recheckMs, 7000);
  assert.deepEqual(failed.status, {
    replicas: 3,
    fullyLabeledReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 1,
    observedGeneration: 3,
    conditions: [
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'no',
        lastTransitionTime: kubeTime(nowMs),
      },
    ],
  });
  const over = replicaSetStatus({ ...set, status: failed.status }, pods, undefined, nowMs);
  assert.equal(over.status.conditions, undefined);
});
