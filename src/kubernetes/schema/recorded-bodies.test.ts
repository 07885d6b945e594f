import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mergePatched } from './merge-patch.ts';
import { createSchemas } from './registry.ts';

const folder = new URL('../../../test/fixtures/kubectl/', import.meta.url);
const schemas = createSchemas();
const body = (name: string) => readFileSync(new URL(name, folder));
const json = (name: string) => JSON.parse(body(name).toString('utf8'));
const deployments = { group: 'apps', version: 'v1', kind: 'Deployment' };
const pods = { group: '', version: 'v1', kind: 'Pod' };

test('every protobuf body of kubectl is decoded, is valid, and comes back from our own encoding unchanged', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.pb'));
  assert.ok(names.length >= 8);
  for (const name of names) {
    const { gvk, object } = schemas.decodeProtobuf(body(name));
    assert.deepEqual(schemas.unknownFields(gvk, object), [], name);
    assert.deepEqual(schemas.typeErrors(gvk, object), [], name);
    assert.deepEqual(schemas.decodeProtobuf(schemas.encodeProtobuf(gvk, object)).object, object, name);
  }
});

test('a config map in protobuf says what was on the command line', () => {
  const { gvk, object } = schemas.decodeProtobuf(body('1.32-create-configmap.pb'));
  assert.deepEqual(gvk, { group: '', version: 'v1', kind: 'ConfigMap' });
  assert.deepEqual(object, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cm32' },
    data: { a: 'b' },
  });
});

test('a secret in protobuf carries its bytes as base64', () => {
  const { object } = schemas.decodeProtobuf(body('1.33-create-secret.pb'));
  assert.deepEqual(object.data, { a: 'Yg==' });
});

test('a deployment in protobuf is the object that older kubectls send as JSON', () => {
  const { object } = schemas.decodeProtobuf(body('1.33-create-deployment.pb'));
  assert.deepEqual(object, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'nn', labels: { app: 'nn' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'nn' } },
      strategy: {},
      template: {
        metadata: { labels: { app: 'nn' } },
        spec: {
          containers: [
            { name: 'nginx', image: 'nginx:1', command: ['sleep', '5'], ports: [{ containerPort: 80 }], resources: {} },
          ],
        },
      },
    },
    status: {},
  });
});

test('a second apply changes what the manifest changed and keeps the defaults', () => {
  const before = schemas.normalized(deployments, json('1.33-apply-deployment-create.json'));
  const after = schemas.strategicMerge(deployments, before, json('1.33-apply-deployment-change.strategic.json'));
  const expected = structuredClone(before);
  expected.spec.replicas = 3;
  expected.spec.template.spec.containers[0].image = 'busybox:1.29';
  expected.spec.template.spec.containers[0].env[1].value = '3';
  expected.metadata.annotations = after.metadata.annotations!;
  assert.deepEqual(after, expected);
  assert.match(Object.values(after.metadata.annotations!)[0]!, /busybox:1\.29/);
});

test('a changed pod gets its volume and its mount', () => {
  const before = schemas.normalized(pods, json('1.33-apply-pod-create.json'));
  const after = schemas.strategicMerge(pods, before, json('1.33-apply-pod-change.strategic.json'));
  assert.deepEqual(after.spec.volumes, [{ name: 'varlog', emptyDir: {} }]);
  assert.deepEqual(after.spec.containers[0].volumeMounts, [{ name: 'varlog', mountPath: '/var/log' }]);
  assert.equal(after.spec.containers[0].image, 'busybox:1.28');
});

test('kubectl set env adds one variable and takes another away, in the order that it names', () => {
  const before = schemas.normalized(deployments, json('1.33-apply-deployment-create.json'));
  const after = schemas.strategicMerge(deployments, before, json('1.33-set-env.strategic.json'));
  assert.deepEqual(after.spec.template.spec.containers[0].env, [
    { name: 'A', value: '1' },
    { name: 'C', value: '4' },
  ]);
});

test('kubectl label sends a merge patch', () => {
  const before = json('1.33-apply-pod-create.json');
  assert.deepEqual(mergePatched(before, json('1.33-label.merge.json')).metadata, {
    ...before.metadata,
    labels: { a: 'b' },
  });
});
