import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldMetrics, serveMetrics } from './server-under-test.ts';

const nothing = heldMetrics([], []);

test('discovery in all its forms tells of nodes and pods, to be got and listed', async (t) => {
  const { get } = await serveMetrics(t, nothing);
  const list = (await get('/apis/metrics.k8s.io/v1beta1')).body;
  assert.deepEqual([list.kind, list.groupVersion], ['APIResourceList', 'metrics.k8s.io/v1beta1']);
  assert.deepEqual(list.resources, [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ]);
  const group = (await get('/apis/metrics.k8s.io')).body;
  assert.deepEqual([group.kind, group.preferredVersion.groupVersion], ['APIGroup', 'metrics.k8s.io/v1beta1']);
  assert.equal((await get('/apis')).body.groups[0].name, 'metrics.k8s.io');
  for (const version of ['v2', 'v2beta1']) {
    const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const { body, headers } = await get('/apis', { accept });
    assert.equal(headers['content-type'], accept);
    assert.deepEqual([body.kind, body.apiVersion], ['APIGroupDiscoveryList', `apidiscovery.k8s.io/${version}`]);
    const [nodes, pods] = body.items[0].versions[0].resources;
    assert.deepEqual([nodes.resource, nodes.scope, nodes.responseKind.kind], ['nodes', 'Cluster', 'NodeMetrics']);
    assert.deepEqual([pods.resource, pods.scope, pods.responseKind.kind], ['pods', 'Namespaced', 'PodMetrics']);
  }
});

test('OpenAPI of both versions describes the kinds, and every reference leads somewhere', async (t) => {
  const { get } = await serveMetrics(t, nothing);
  const index = (await get('/openapi/v3')).body;
  const url = index.paths['apis/metrics.k8s.io/v1beta1'].serverRelativeURL;
  const v3 = await get(url);
  const v2 = await get('/openapi/v2');
  const pod = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics';
  assert.deepEqual(v3.body.components.schemas[pod]['x-kubernetes-group-version-kind'], [
    { group: 'metrics.k8s.io', kind: 'PodMetrics', version: 'v1beta1' },
  ]);
  assert.deepEqual(Object.keys(v2.body.paths), Object.keys(v3.body.paths));
  for (const [text, names] of [
    [v3.text, v3.body.components.schemas],
    [v2.text, v2.body.definitions],
  ] as const) {
    const references = [...text.matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)];
    assert.ok(references.length > 5);
    for (const [, name] of references) assert.ok(name! in names, name);
  }
  const protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
  const binary = await get('/openapi/v2', { accept: protobuf });
  assert.equal(binary.headers['content-type'], protobuf);
  assert.ok(binary.bytes.includes(pod));
});

test('our own metrics are for whoever may read the path', async (t) => {
  const open = await serveMetrics(t, nothing);
  const { text, headers } = await open.get('/metrics');
  assert.match(headers['content-type']!, /^text\/plain; version=0\.0\.4/);
  assert.match(text, /^taffrail_resource_metrics_answer_bytes 0$/m);
  const shut = await serveMetrics(t, nothing, {
    authorizesPaths: true,
    authorize: (_, { path }) => ({ allowed: path !== '/metrics', reason: '' }),
  });
  const { code, body } = await shut.get('/metrics');
  assert.deepEqual([code, body.message], [403, 'forbidden: User "ann" cannot get path "/metrics"']);
  assert.equal((await shut.get('/apis')).code, 200);
});
