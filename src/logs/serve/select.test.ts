import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodFact } from '../batch/batch.ts';
import type { Instance } from '../store/store.ts';
import type { LogsRequest } from './protocol.ts';
import { select } from './select.ts';

let made = 0;

function instance(
  pod: string,
  container: string,
  fields: Partial<Instance> & { attempt?: number; fact?: Partial<PodFact> } = {},
): Instance {
  const { attempt = 0, fact, ...rest } = fields;
  const podUid = `uid-${pod}`;
  const podFact: PodFact = {
    kind: 'pod',
    cluster: 'c',
    podUid,
    apiUid: podUid,
    namespace: 'default',
    name: pod,
    node: 'n',
    labels: {},
    annotations: {},
    owners: [],
    phase: 'Running',
    reason: '',
    createdAt: '',
    deletedAt: null,
    ...fact,
  };
  return {
    id: `${pod}/${container}/${attempt}/${made}`,
    key: { cluster: 'c', podUid, container, attempt },
    tenant: 't',
    namespace: 'default',
    pod,
    node: 'n',
    containerKind: 'regular',
    containerId: null,
    image: null,
    startedAt: null,
    finishedAt: null,
    exitCode: null,
    signal: null,
    reason: null,
    message: null,
    firstTime: null,
    lastTime: null,
    lineCount: 0,
    textBytes: 0,
    gaps: [],
    excludedBytes: 0,
    lagBytes: null,
    ended: false,
    podFact: fact === undefined ? null : podFact,
    firstSequence: ++made,
    ...rest,
  };
}

function chosen(instances: Instance[], request: LogsRequest) {
  const { chosen, notices } = select(instances, request);
  return [
    chosen.map(
      ({ pod, container, instances }) => `${pod.name}/${container}:${instances.map(({ key }) => key.attempt)}`,
    ),
    notices,
  ];
}

const gone = { ended: true, fact: { deletedAt: '2026-01-01T00:00:00Z' } };

test("the first container of the spec is meant, whichever started first, and kubectl's notice says so", () => {
  const fact = { containers: ['app', 'proxy', 'setup'] };
  const pod = [
    instance('web', 'setup', { containerKind: 'init', fact }),
    instance('web', 'proxy', { fact }),
    instance('web', 'app', { fact }),
  ];
  const notice = 'Defaulted container "app" out of: app, proxy, setup (init)';
  assert.deepEqual(chosen(pod, { pod: 'web' }), [['web/app:0'], [notice]]);
  assert.deepEqual(chosen(pod, { pod: 'web', container: 'setup' }), [['web/setup:0'], []]);
  assert.deepEqual(chosen(pod, { pod: 'web', allContainers: true }), [['web/setup:0', 'web/proxy:0', 'web/app:0'], []]);
});

test('without metadata the first to start is taken for the first', () => {
  const pod = [instance('web', 'b', { containerKind: null }), instance('web', 'a', { containerKind: null })];
  assert.deepEqual(chosen(pod, { pod: 'web' }), [['web/b:0'], ['Defaulted container "b" out of: b, a']]);
});

test('the annotation names the default container, without a notice; one that is not there is refused', () => {
  const fact = (name: string) => ({ annotations: { 'kubectl.kubernetes.io/default-container': name } });
  const named = (name: string) => [
    instance('web', 'a', { fact: fact(name) }),
    instance('web', 'b', { fact: fact(name) }),
  ];
  assert.deepEqual(chosen(named('b'), { pod: 'web' }), [['web/b:0'], []]);
  assert.throws(() => chosen(named('x'), { pod: 'web' }), {
    message: 'container x is not valid for pod web out of: a, b',
  });
});

test('a container that is declared and has no instance is refused, but for those who wait for it or ask for many', () => {
  const pod = [instance('web', 'app', { fact: { containers: ['app', 'quiet'] } })];
  const message = 'nothing of container "quiet" in pod "web" is stored';
  assert.throws(() => chosen(pod, { pod: 'web', container: 'quiet' }), { code: 'not-found', message });
  assert.deepEqual(chosen(pod, { pod: 'web', container: 'quiet', follow: true }), [[], []]);
  assert.deepEqual(chosen(pod, { labelSelector: 'x', container: 'quiet' }), [[], []]);
  assert.throws(() => chosen(pod, { pod: 'web', container: 'quiet', instance: 2 }), { code: 'not-found' });
});

test('of a workload one pod is taken, the newest that exists, as kubectl tells it; --all-pods takes those that exist', () => {
  const workload = { kind: 'deployment', name: 'web' };
  const pods = [
    instance('web-1', 'a', { fact: {} }),
    instance('web-2', 'a', { fact: {} }),
    instance('web-old', 'a', gone),
  ];
  assert.deepEqual(chosen(pods, { workload }), [['web-2/a:0'], ['Found 2 pods, using pod/web-2']]);
  assert.deepEqual(chosen(pods, { workload, allPods: true }), [
    ['web-1/a:0', 'web-2/a:0'],
    ['1 pod that is gone also matched; --instance all shows them too'],
  ]);
});

test('a workload whose pods are all gone is still answered for, by its latest pod', () => {
  const pods = [instance('web-1', 'a', gone), instance('web-2', 'a', gone)];
  assert.deepEqual(chosen(pods, { workload: { kind: 'deployment', name: 'web' } }), [
    ['web-2/a:0'],
    ['Found 2 pods, using pod/web-2'],
  ]);
});

test('a selector means the pods that exist; with --instance all those that are gone too', () => {
  const pods = [
    instance('a', 'c', gone),
    instance('b', 'c', { fact: {} }),
    instance('b', 'c', { attempt: 1, fact: {} }),
  ];
  assert.deepEqual(chosen(pods, { labelSelector: 'x' }), [
    ['b/c:1'],
    ['1 pod that is gone also matched; --instance all shows them too'],
  ]);
  assert.deepEqual(chosen(pods, { labelSelector: 'x', instance: 'all' }), [['a/c:0', 'b/c:0,1'], []]);
  assert.deepEqual(chosen(pods, { labelSelector: 'x', instance: -1 })[0], ['b/c:0']);
  assert.deepEqual(chosen(pods, { workload: { kind: 'deployment', name: 'x' }, instance: 'all' })[0], [
    'a/c:0',
    'b/c:0,1',
  ]);
});

test('a pod that the agent has read to its end but that was not deleted exists', () => {
  const pods = [
    instance('done', 'c', { ended: true, fact: { phase: 'Succeeded' } }),
    instance('unknown', 'c', { ended: true }),
  ];
  assert.deepEqual(chosen(pods, { labelSelector: 'x' })[0], ['done/c:0']);
});

test('a name that is asked for directly is answered for however gone it is', () => {
  assert.deepEqual(chosen([instance('web', 'a', gone)], { pod: 'web' }), [['web/a:0'], []]);
});
