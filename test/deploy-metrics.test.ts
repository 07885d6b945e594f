/** deploy/metrics.yaml keeps what it promises: rights no wider than metrics-server's, and a container that can do little. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../src/kubernetes/client/client.ts';

const path = join(import.meta.dirname, '..', 'deploy', 'metrics.yaml');
const objects = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => {
  assert.deepEqual(document.errors, []);
  return document.toJS() as KubeObject;
});

function find(kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

test('it holds what a Metrics API needs, and nothing else', () => {
  assert.deepEqual(
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    [
      'ServiceAccount metrics-server',
      'ClusterRole system:aggregated-metrics-reader',
      'ClusterRole system:metrics-server',
      'ClusterRoleBinding system:metrics-server',
      'ClusterRoleBinding metrics-server:system:auth-delegator',
      'RoleBinding metrics-server-auth-reader',
      'Service metrics-server',
      'Deployment metrics-server',
      'PodDisruptionBudget metrics-server',
      'APIService v1beta1.metrics.k8s.io',
    ],
  );
});

test("its rights are metrics-server's, and no wider", () => {
  assert.deepEqual(find('ClusterRole', 'system:metrics-server').rules, [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]);
  const account = { kind: 'ServiceAccount', name: 'metrics-server', namespace: 'kube-system' };
  const bindings = objects.filter(({ kind }) => kind?.endsWith('Binding'));
  for (const binding of bindings) assert.deepEqual(binding.subjects, [account], binding.metadata.name);
  assert.deepEqual(
    bindings.map(({ kind, roleRef, metadata }) => [kind, roleRef.kind, roleRef.name, metadata.namespace]),
    [
      ['ClusterRoleBinding', 'ClusterRole', 'system:metrics-server', undefined],
      ['ClusterRoleBinding', 'ClusterRole', 'system:auth-delegator', undefined],
      ['RoleBinding', 'Role', 'extension-apiserver-authentication-reader', 'kube-system'],
    ],
  );
});

test('who may view, edit or administer a namespace may read its metrics', () => {
  const reader = find('ClusterRole', 'system:aggregated-metrics-reader');
  for (const role of ['view', 'edit', 'admin'])
    assert.equal(reader.metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`], 'true');
  assert.deepEqual(reader.rules, [
    { apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]);
});

test('the container runs as nobody in particular, with a file system that it cannot write to', () => {
  const { spec } = find('Deployment', 'metrics-server').spec.template;
  const [container, ...others] = spec.containers;
  assert.deepEqual(others, []);
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
    capabilities: { drop: ['ALL'] },
  });
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) assert.equal(spec[field], undefined, field);
  assert.deepEqual(spec.volumes, [{ name: 'scratch', emptyDir: {} }]);
  assert.ok(container.resources.requests.cpu && container.resources.requests.memory);
  assert.equal(spec.priorityClassName, 'system-cluster-critical');
});

test('probes, ports and selectors meet', () => {
  const { spec } = find('Deployment', 'metrics-server');
  const [container] = spec.template.spec.containers;
  const port = container.ports.find(({ name }: { name: string }) => name === 'https');
  assert.ok(container.args.includes(`--secure-port=${port.containerPort}`));
  assert.deepEqual(container.readinessProbe.httpGet, { path: '/readyz', port: 'https', scheme: 'HTTPS' });
  assert.deepEqual(container.livenessProbe.httpGet, { path: '/livez', port: 'https', scheme: 'HTTPS' });
  const { labels } = spec.template.metadata;
  assert.deepEqual(spec.selector.matchLabels, labels);
  assert.deepEqual(find('Service', 'metrics-server').spec.selector, labels);
  assert.deepEqual(find('PodDisruptionBudget', 'metrics-server').spec.selector.matchLabels, labels);
  const [term] = spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  assert.deepEqual(term.podAffinityTerm.labelSelector.matchLabels, labels);
  const { service } = find('APIService', 'v1beta1.metrics.k8s.io').spec;
  assert.deepEqual(service, { name: 'metrics-server', namespace: 'kube-system' });
});

test('a node can be drained with one replica as with two', () => {
  const { spec } = find('PodDisruptionBudget', 'metrics-server');
  assert.equal(spec.minAvailable, undefined);
  assert.equal(spec.maxUnavailable, 1);
});
