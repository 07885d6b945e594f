import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Pod } from './pod.ts';
import { unhonouredFields } from './unhonoured.ts';

const root = { mounts: true, pids: true, users: false, proc: true, identities: true, parentDeathSignal: true };
const ordinary = { ...root, users: true, identities: false };

const pod: Pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: parse(`
    dnsPolicy: ClusterFirst
    enableServiceLinks: true
    hostPID: true
    hostIPC: false
    runtimeClassName: gvisor
    securityContext: {runAsUser: 5, fsGroup: 7, seccompProfile: {type: RuntimeDefault}}
    initContainers:
    - {name: i, command: [a], tty: true}
    containers:
    - name: c
      image: x
      resources: {limits: {cpu: 1}, requests: {cpu: 1}}
      securityContext: {readOnlyRootFilesystem: true, privileged: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]
      livenessProbe: {grpc: {port: 5}, periodSeconds: 1}
    volumes:
    - {name: v, emptyDir: {sizeLimit: 1Gi}}
    - {name: w, emptyDir: {}}
`),
};

const always = [
  'hostPID',
  'runtimeClassName',
  'securityContext.fsGroup',
  'securityContext.seccompProfile',
  'initContainers[i].tty',
  'containers[c].resources.limits',
  'containers[c].securityContext.readOnlyRootFilesystem',
  'containers[c].volumeMounts[v].mountPropagation',
  'containers[c].livenessProbe.grpc',
  'volumes[v].emptyDir.sizeLimit',
];

test('fields that the node passes over are named, those that ask for nothing are not', () => {
  assert.deepEqual(unhonouredFields(pod, root), always);
});

test('an ordinary user cannot become another one, and says so', () => {
  const more = ['securityContext.runAsUser', 'containers[c].securityContext.capabilities'];
  assert.deepEqual(unhonouredFields(pod, ordinary).sort(), [...always, ...more].sort());
});

test('limits are honoured where there are cgroups to enforce them, of CPU and memory', () => {
  const cgroups = { version: 2 as const, controllers: ['cpu' as const, 'memory' as const] };
  const enforced = always.filter((field) => !field.endsWith('limits'));
  assert.deepEqual(unhonouredFields(pod, { ...root, cgroups }), enforced);
  assert.deepEqual(unhonouredFields(pod, { ...root, cgroups: 'no hierarchy is mounted' }), always);
  const resources = { limits: { memory: '1Gi', 'ephemeral-storage': '1Gi' } };
  const stored = { ...pod, spec: { containers: [{ name: 'c', image: 'x', resources }] } };
  assert.deepEqual(unhonouredFields(stored, { ...root, cgroups }), [
    'containers[c].resources.limits.ephemeral-storage',
  ]);
});
