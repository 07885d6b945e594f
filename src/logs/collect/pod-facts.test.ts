import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../kubernetes/client/client.ts';
import { digestPod, instanceFacts, isExcluded, runOf } from './pod-facts.ts';

function pod(metadata: object = {}, spec: object = {}, status: object = {}): KubeObject {
  return { metadata: { name: 'web', namespace: 'shop', uid: 'u', ...metadata }, spec, status };
}

test('a run is found by its number: the current one and the one before', () => {
  const ended = { exitCode: 1, reason: 'Error', containerID: 'containerd://c2' };
  const status = {
    name: 'app',
    restartCount: 3,
    containerID: 'containerd://c3',
    state: { running: { startedAt: 's' } },
    lastState: { terminated: ended },
  };
  const digest = digestPod(pod({}, { containers: [{ name: 'app' }] }, { containerStatuses: [status] }));
  assert.equal(runOf(digest, 'app', 3)?.containerId, 'containerd://c3');
  assert.equal(runOf(digest, 'app', 2)?.containerId, 'containerd://c2');
  assert.equal(runOf(digest, 'app', 2)?.terminated?.exitCode, 1);
  assert.equal(runOf(digest, 'app', 1), undefined);
  assert.deepEqual(instanceFacts(digest, 'app', 1), { kind: 'instance', containerKind: 'regular' });
});

test('a container that waits to be restarted has the number of the run that ended', () => {
  const lastState = { terminated: { exitCode: 2, containerID: 'containerd://c4' } };
  const status = { name: 'app', restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState };
  const digest = digestPod(pod({}, { containers: [{ name: 'app' }] }, { containerStatuses: [status] }));
  assert.equal(runOf(digest, 'app', 4)?.terminated?.exitCode, 2);
  assert.equal(runOf(digest, 'app', 3), undefined);
});

test('init containers, sidecars and ephemeral ones are told apart', () => {
  const digest = digestPod(
    pod(
      {},
      {
        initContainers: [{ name: 'init' }, { name: 'side', restartPolicy: 'Always' }],
        containers: [{ name: 'app' }],
        ephemeralContainers: [{ name: 'debug' }],
      },
    ),
  );
  const kinds = ['init', 'side', 'app', 'debug', 'nobody'].map((name) => digest.containers.get(name)?.kind);
  assert.deepEqual(kinds, ['init', 'sidecar', 'regular', 'ephemeral', undefined]);
});

test('only the value "true" excludes, all containers or one', () => {
  const digest = (annotations: Record<string, string>) => digestPod(pod({ annotations }));
  assert.ok(isExcluded(digest({ 'taffrail.dev/exclude': 'true' }), 'app'));
  assert.ok(!isExcluded(digest({ 'taffrail.dev/exclude': 'yes' }), 'app'));
  const one = digest({ 'taffrail.dev/exclude.app': 'true' });
  assert.deepEqual([isExcluded(one, 'app'), isExcluded(one, 'other')], [true, false]);
});

test('a Deployment is derived only from a ReplicaSet that bears its template hash', () => {
  const owned = (kind: string, name: string, labels = {}) =>
    digestPod(pod({ labels, ownerReferences: [{ apiVersion: 'v1', kind, name, uid: 'o', controller: true }] })).fact
      .owners;
  assert.deepEqual(
    owned('ReplicaSet', 'web-7f', { 'pod-template-hash': '7f' }).map(({ kind, name }) => `${kind}/${name}`),
    ['ReplicaSet/web-7f', 'Deployment/web'],
  );
  assert.equal(owned('ReplicaSet', 'web-7f').length, 1);
  assert.equal(owned('StatefulSet', 'web', { 'pod-template-hash': 'web' }).length, 1);
  assert.deepEqual(digestPod(pod()).fact.owners, []);
});

test('what repeats the object, or is very long, is not kept of the annotations', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', long: 'x'.repeat(5000), short: 'y' };
  assert.deepEqual(digestPod(pod({ annotations })).fact.annotations, { short: 'y' });
});
