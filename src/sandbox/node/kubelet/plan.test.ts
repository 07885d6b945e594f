import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerRecord } from '../runtime/protocol.ts';
import { type ContainerView, planOf } from './plan.ts';
import type { ContainerSpec, Pod, PodSpec } from './pod.ts';

function podOf(spec: Partial<PodSpec>): Pod {
  const containers: ContainerSpec[] = [{ name: 'a' }, { name: 'b' }];
  return { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers, ...spec } };
}

function view(state: ContainerRecord['state'], more: Partial<ContainerRecord> = {}, started = true): ContainerView {
  const record = { state, attempt: 0, exitCode: 0, finishedAtMs: 1000, ...more } as ContainerRecord;
  return { latest: record, previous: undefined, started, ready: started };
}

const views = (entries: Record<string, ContainerView>) => new Map(Object.entries(entries));
const names = (pod: Pod, known: Record<string, ContainerView>, delayMs = 0) =>
  planOf(pod, views(known), 2000, () => delayMs).start.map(({ container, attempt }) => `${container.name}/${attempt}`);

test('all ordinary containers are started, and those that run are left alone', () => {
  assert.deepEqual(names(podOf({}), {}), ['a/0', 'b/0']);
  assert.deepEqual(names(podOf({}), { a: view('running') }), ['b/0']);
});

test('init containers run one after the other before the ordinary ones', () => {
  const pod = podOf({ initContainers: [{ name: 'i' }, { name: 'j' }] });
  assert.deepEqual(names(pod, {}), ['i/0']);
  assert.deepEqual(names(pod, { i: view('running') }), []);
  assert.deepEqual(names(pod, { i: view('exited') }), ['j/0']);
  assert.deepEqual(names(pod, { i: view('exited'), j: view('exited') }), ['a/0', 'b/0']);
  assert.deepEqual(names(pod, { i: view('exited', { exitCode: 1 }) }), ['i/1']);
});

test('a lost sandbox begins with its init containers again, once; a pod that is done stays done', () => {
  const lost = (exitCode: number) => view('exited', { exitCode, sandboxLost: true });
  const pod = podOf({ initContainers: [{ name: 'i' }, { name: 'j' }] });
  const past = { i: lost(0), j: lost(0), a: lost(255), b: lost(255) };
  assert.deepEqual(names(pod, past), ['i/1']);
  assert.deepEqual(names(pod, { ...past, i: view('exited') }), ['j/1']);
  assert.deepEqual(names(pod, { ...past, i: view('exited'), j: view('exited') }), ['a/1', 'b/1']);
  assert.deepEqual(names(pod, { ...past, i: view('exited'), j: view('exited'), a: view('running') }), ['b/1']);
  assert.deepEqual(names(pod, past, 10_000), ['i/1']);
  const once = podOf({ restartPolicy: 'OnFailure', initContainers: [{ name: 'i' }] });
  assert.equal(planOf(once, views({ i: lost(0), a: lost(0), b: lost(0) }), 2000, () => 0).outcome, 'Succeeded');
});

test('a sidecar must have started before the next one, and is restarted whatever the policy', () => {
  const pod = podOf({
    initContainers: [{ name: 's', restartPolicy: 'Always' }, { name: 'i' }],
    restartPolicy: 'Never',
  });
  assert.deepEqual(names(pod, {}), ['s/0']);
  assert.deepEqual(names(pod, { s: view('running', {}, false) }), []);
  assert.deepEqual(names(pod, { s: view('running') }), ['i/0']);
  const running = { i: view('exited'), a: view('running'), b: view('running') };
  assert.deepEqual(names(pod, { ...running, s: view('exited', { exitCode: 1, attempt: 3 }) }), ['s/4']);
});

test('what is restarted follows the policy', () => {
  const failed = { a: view('exited', { exitCode: 1, attempt: 2 }), b: view('exited', { exitCode: 0, attempt: 5 }) };
  assert.deepEqual(names(podOf({}), failed), ['a/3', 'b/6']);
  assert.deepEqual(names(podOf({ restartPolicy: 'OnFailure' }), failed), ['a/3']);
  assert.deepEqual(names(podOf({ restartPolicy: 'Never' }), failed), []);
});

test('a pod has come to its end when nothing is to be restarted', () => {
  const outcome = (restartPolicy: 'Never' | 'OnFailure' | 'Always', a: number, b: number) =>
    planOf(
      podOf({ restartPolicy }),
      views({ a: view('exited', { exitCode: a }), b: view('exited', { exitCode: b }) }),
      0,
      () => 0,
    ).outcome;
  assert.equal(outcome('Never', 0, 0), 'Succeeded');
  assert.equal(outcome('Never', 0, 3), 'Failed');
  assert.equal(outcome('OnFailure', 0, 0), 'Succeeded');
  assert.equal(outcome('OnFailure', 0, 3), undefined);
  assert.equal(outcome('Always', 0, 0), undefined);
  const init = podOf({ restartPolicy: 'Never', initContainers: [{ name: 'i' }] });
  assert.equal(planOf(init, views({ i: view('exited', { exitCode: 1 }) }), 0, () => 0).outcome, 'Failed');
});

test('a restart waits for its delay, counted from the end of the last instance', () => {
  const plan = planOf(podOf({}), views({ a: view('exited', { exitCode: 1 }), b: view('running') }), 2000, () => 5000);
  assert.deepEqual(plan.start, []);
  assert.deepEqual(plan.waiting.get('a'), { untilMs: 6000, delayMs: 5000 });
});
