import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchemas } from './registry.ts';

const schemas = createSchemas();
const pods = { group: '', version: 'v1', kind: 'Pod' };
const normalizedPod = (spec: object) => schemas.normalized(pods, { metadata: { name: 'a' }, spec }).spec;
const container = (given: object) => normalizedPod({ containers: [{ name: 'c', ...given }] }).containers[0];

test('a pod gets the defaults of the API server', () => {
  assert.deepEqual(normalizedPod({ containers: [{ name: 'c', image: 'busybox:1.28' }] }), {
    containers: [
      {
        name: 'c',
        image: 'busybox:1.28',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  });
});

test('the pull policy follows the tag', () => {
  assert.equal(container({ image: 'busybox' }).imagePullPolicy, 'Always');
  assert.equal(container({ image: 'host:5000/busybox' }).imagePullPolicy, 'Always');
  assert.equal(container({ image: 'busybox:latest' }).imagePullPolicy, 'Always');
  assert.equal(container({ image: 'busybox:1' }).imagePullPolicy, 'IfNotPresent');
  assert.equal(container({ image: `busybox@sha256:${'0'.repeat(64)}` }).imagePullPolicy, 'IfNotPresent');
  assert.equal(container({ image: 'busybox', imagePullPolicy: 'Never' }).imagePullPolicy, 'Never');
});

test('what is limited is requested, and quantities get their canonical text', () => {
  assert.deepEqual(
    container({ resources: { limits: { cpu: 0.5, memory: '1024Mi' }, requests: { memory: '1e3' } } }).resources,
    {
      limits: { cpu: '500m', memory: '1Gi' },
      requests: { memory: '1e3', cpu: '500m' },
    },
  );
});

test('a template gets the defaults of pods but not those that only pods have', () => {
  const { spec } = schemas.normalized(
    { group: 'apps', version: 'v1', kind: 'Deployment' },
    { metadata: { name: 'd' }, spec: { template: { spec: { containers: [] } } } },
  );
  assert.equal(spec.template.spec.restartPolicy, 'Always');
  assert.equal(spec.template.spec.enableServiceLinks, undefined);
  assert.equal(spec.replicas, 1);
  assert.equal(spec.revisionHistoryLimit, 10);
  assert.equal(spec.progressDeadlineSeconds, 600);
  assert.deepEqual(spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } });
});

test('a chosen zero stays where zero is a choice, and goes where it is none', () => {
  const spec = normalizedPod({ terminationGracePeriodSeconds: 0, hostNetwork: false, hostname: '', volumes: [] });
  assert.equal(spec.terminationGracePeriodSeconds, 0);
  for (const name of ['hostNetwork', 'hostname', 'volumes']) assert.ok(!(name in spec), name);
});

test('a volume without a source is an empty directory', () => {
  assert.deepEqual(normalizedPod({ volumes: [{ name: 'v' }, { name: 'c', configMap: { name: 'x' } }] }).volumes, [
    { name: 'v', emptyDir: {} },
    { name: 'c', configMap: { name: 'x', defaultMode: 420 } },
  ]);
});

test('plain texts of a secret become data', () => {
  const secret = schemas.normalized(
    { group: '', version: 'v1', kind: 'Secret' },
    { metadata: { name: 's' }, data: { a: 'eA==' }, stringData: { b: 'ü' } },
  );
  assert.deepEqual(secret, { metadata: { name: 's' }, data: { a: 'eA==', b: 'w7w=' }, type: 'Opaque' });
});

test('a namespace carries its name as a label', () => {
  const namespace = schemas.normalized({ group: '', version: 'v1', kind: 'Namespace' }, { metadata: { name: 'n' } });
  assert.deepEqual(namespace.metadata.labels, { 'kubernetes.io/metadata.name': 'n' });
  assert.deepEqual(namespace.status, { phase: 'Active' });
});

test('a service is defaulted by its type', () => {
  const spec = (given: object) =>
    schemas.normalized({ group: '', version: 'v1', kind: 'Service' }, { metadata: { name: 's' }, spec: given }).spec;
  assert.deepEqual(spec({ ports: [{ port: 80 }], sessionAffinityConfig: {} }), {
    ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
  assert.equal(spec({ type: 'NodePort' }).externalTrafficPolicy, 'Cluster');
  assert.equal(spec({ externalIPs: ['192.0.2.1'] }).externalTrafficPolicy, 'Cluster');
  assert.equal(spec({ sessionAffinity: 'ClientIP' }).sessionAffinityConfig.clientIP.timeoutSeconds, 10_800);
  assert.equal(spec({ type: 'ExternalName', externalName: 'x' }).internalTrafficPolicy, undefined);
});

test('unknown fields and nulls are dropped, times are in UTC', () => {
  const object = { metadata: { name: 'a', labels: null, creationTimestamp: '2026-01-02T03:04:05.6+01:00' }, other: 1 };
  assert.deepEqual(schemas.normalized({ group: '', version: 'v1', kind: 'ConfigMap' }, object as never), {
    metadata: { name: 'a', creationTimestamp: '2026-01-02T02:04:05Z' },
  });
});

test('normalizing again changes nothing', () => {
  const once = schemas.normalized(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1 }] }] },
  });
  assert.deepEqual(schemas.normalized(pods, once), once);
  assert.equal(once.spec.containers[0].ports[0].hostPort, 1);
});
