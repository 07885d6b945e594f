import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { createClient } from '../../../kubernetes/client/http-client.ts';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import { conditionOf } from '../conditions.ts';
import { startControllers } from '../controllers/controllers.ts';
import { startPlane } from '../started-plane.ts';
import {
  apiServicePath,
  create,
  eventually,
  metricsPath,
  registration,
  startBoth,
  startRegistered,
  untilReason,
} from './extension-under-test.ts';

test('an extension server is asked in the name of who asks, and its answer comes back', async (t) => {
  const { plane, extension } = await startRegistered(t);
  const { code, body } = await plane.call('GET', `${metricsPath}/namespaces/default/pods/web?pretty=1`);
  assert.deepEqual([code, body.containers[0].usage.cpu], [200, '250m']);
  const last = extension.seen.at(-1)!;
  assert.equal(last.path, `${metricsPath}/namespaces/default/pods/web?pretty=1`);
  assert.equal(last.headers['x-remote-user'], 'taffrail-admin');
  assert.deepEqual(last.user.groups, ['system:masters', 'system:authenticated']);
  const posted = await plane.call('POST', `${metricsPath}/nodes`, { body: { metadata: { name: 'posted' } } });
  assert.deepEqual([posted.code, posted.body.metadata.name], [201, 'posted']);
  const missing = await plane.call('GET', `${metricsPath}/nodes/other`);
  assert.deepEqual([missing.code, missing.body.message], [404, 'nodes.metrics.k8s.io "other" not found']);
  assert.match(
    plane.metrics.exposition(),
    /taffrail_api_extension_requests_total\{name="v1beta1.metrics.k8s.io",outcome="passed on"\} 3/,
  );
});

test('the condition says what is missing, step by step', async (t) => {
  const { plane, extension } = await startBoth(t);
  const { service, endpoints, apiService } = registration(extension);
  await create(plane, apiService);
  const first = await untilReason(plane, 'ServiceNotFound');
  assert.equal(first.message, 'service/metrics-server in "kube-system" is not present');
  await create(plane, service);
  await untilReason(plane, 'EndpointsNotFound');
  const unavailable = await plane.call('GET', `${metricsPath}/nodes`);
  assert.deepEqual([unavailable.code, unavailable.text], [503, 'service unavailable\n']);
  await create(plane, { ...endpoints, body: { ...endpoints.body, subsets: [] } });
  const missing = await untilReason(plane, 'MissingEndpoints');
  assert.match(missing.message, /have no addresses with port name "https"/);
  const place = `${endpoints.path}/metrics-server`;
  assert.equal((await plane.call('PUT', place, { body: endpoints.body })).code, 200);
  const passed = await untilReason(plane, 'Passed');
  assert.equal(passed.status, 'True');
  await extension.server.close();
  await plane.call('PATCH', apiServicePath, {
    body: { spec: { versionPriority: 99 } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  const failed = await untilReason(plane, 'FailedDiscoveryCheck');
  assert.match(
    failed.message,
    /^failing or missing response from https:\/\/127\.0\.0\.1:\d+\/apis\/metrics\.k8s\.io\/v1beta1: /,
  );
});

test('while an extension server cannot be asked what it holds, no namespace goes, and each says why', async (t) => {
  const { plane, extension } = await startBoth(t);
  const { call } = plane;
  const { service, endpoints, apiService } = registration(extension);
  const client = createClient(plane.plane.access);
  const ending = new AbortController();
  const running = startControllers(client, { clock: systemClock, log: silentLogger, signal: ending.signal });
  t.after(async () => {
    ending.abort();
    await running;
    client.close();
  });
  await create(plane, apiService);
  await untilReason(plane, 'ServiceNotFound');
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'leaving' } };
  await create(plane, { path: '/api/v1/namespaces', body });
  await create(plane, { path: '/api/v1/namespaces/leaving/configmaps', body: { metadata: { name: 'a' } } });
  await call('DELETE', '/api/v1/namespaces/leaving');
  const held = await eventually('the namespace says why it stays', async () => {
    const { status } = (await call('GET', '/api/v1/namespaces/leaving')).body;
    return conditionOf(status.conditions, 'NamespaceDeletionDiscoveryFailure');
  });
  assert.deepEqual(
    [held.status, held.reason, held.message],
    [
      'True',
      'DiscoveryFailed',
      'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently unable to handle the request',
    ],
  );
  await eventually('what is known goes', async () =>
    (await call('GET', '/api/v1/namespaces/leaving/configmaps')).body.items.length === 0 ? true : undefined,
  );
  await create(plane, service);
  await create(plane, endpoints);
  await eventually('the namespace goes', async () =>
    (await call('GET', '/api/v1/namespaces/leaving')).code === 404 ? true : undefined,
  );
});

test('discovery shows the group beside ours, in full and in parts, and says when what it knows may be old', async (t) => {
  const { plane } = await startRegistered(t);
  const { call } = plane;
  const whole = { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } };
  const group = async () => {
    const { body } = await call('GET', '/apis', whole);
    assert.deepEqual(body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).slice(0, 3), [
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
    ]);
    return body.items.at(-1);
  };
  const current = await group();
  assert.equal(current.metadata.name, 'metrics.k8s.io');
  assert.equal(current.versions[0].freshness, 'Current');
  const [nodes, pods] = current.versions[0].resources;
  assert.deepEqual([nodes.resource, nodes.scope, nodes.responseKind.kind], ['nodes', 'Cluster', 'NodeMetrics']);
  assert.deepEqual([pods.resource, pods.scope], ['pods', 'Namespaced']);
  const { groups } = (await call('GET', '/apis')).body;
  assert.equal(groups.at(-1).preferredVersion.groupVersion, 'metrics.k8s.io/v1beta1');
  assert.equal((await call('GET', '/apis/metrics.k8s.io')).body.name, 'metrics.k8s.io');
  const list = await call('GET', metricsPath);
  assert.deepEqual([list.body.kind, list.body.resources[0].name], ['APIResourceList', 'nodes']);
  await call('DELETE', '/api/v1/namespaces/kube-system/endpoints/metrics-server');
  await untilReason(plane, 'EndpointsNotFound');
  const stale = await group();
  assert.deepEqual([stale.versions[0].freshness, stale.versions[0].resources.length], ['Stale', 2]);
  assert.equal((await call('GET', metricsPath)).code, 503);
  await call('DELETE', apiServicePath);
  assert.notEqual((await group()).metadata.name, 'metrics.k8s.io');
  assert.equal((await call('GET', metricsPath)).code, 404);
});

test("an extension server's OpenAPI is one page of ours, under its own hash", async (t) => {
  const { plane } = await startRegistered(t);
  const index = async () => (await plane.call('GET', '/openapi/v3')).body.paths;
  const { serverRelativeURL } = (await index())['apis/metrics.k8s.io/v1beta1'];
  const page = await plane.call('GET', serverRelativeURL);
  assert.equal(page.body.components.schemas['example.NodeMetrics'].description, 'What a node uses.');
  assert.equal(serverRelativeURL.split('hash=')[1], String(page.headers.etag).replaceAll('"', ''));
  assert.match(String(page.headers['cache-control']), /immutable/);
  await plane.call('DELETE', '/api/v1/namespaces/kube-system/endpoints/metrics-server');
  await untilReason(plane, 'EndpointsNotFound');
  assert.equal((await index())['apis/metrics.k8s.io/v1beta1'], undefined);
  assert.ok((await index())['api/v1']);
});

test('addresses may come in slices, or from a name outside, and a service may have several ports', async (t) => {
  const { plane, extension } = await startBoth(t);
  const { service, endpoints, apiService } = registration(extension);
  const ports = [
    { name: 'metrics', port: 80, targetPort: 1 },
    { name: 'https', port: 443, targetPort: 'https' },
  ];
  await create(plane, { ...service, body: { ...service.body, spec: { ports } } });
  await create(plane, apiService);
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'metrics-server-1', labels: { 'kubernetes.io/service-name': 'metrics-server' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['127.0.0.2'], conditions: { ready: false } },
      { addresses: ['127.0.0.1'], conditions: { ready: true } },
    ],
    ports: [
      { name: 'metrics', port: 1 },
      { name: 'https', port: extension.port },
    ],
  };
  const slices = '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices';
  await create(plane, { path: slices, body: slice });
  await untilReason(plane, 'Passed');
  assert.equal((await plane.call('GET', `${metricsPath}/nodes`)).code, 200);
  await plane.call('DELETE', `${slices}/metrics-server-1`);
  await untilReason(plane, 'EndpointsNotFound');
  await create(plane, endpoints);
  await untilReason(plane, 'Passed');
  await plane.call('DELETE', `${service.path}/metrics-server`);
  await untilReason(plane, 'ServiceNotFound');
  const outside = { type: 'ExternalName', externalName: 'localhost' };
  const port = { spec: { service: { ...apiService.body.spec.service, port: extension.port } } };
  const headers = { 'content-type': 'application/merge-patch+json' };
  assert.equal((await plane.call('PATCH', apiServicePath, { body: port, headers })).code, 200);
  await create(plane, { ...service, body: { ...service.body, spec: outside } });
  await untilReason(plane, 'Passed');
});

test('a watch comes through event by event, and ends with the client', async (t) => {
  const { plane } = await startRegistered(t);
  const watch = await plane.watch(`${metricsPath}/nodes?watch=1`);
  const { type, object } = await watch.next();
  assert.deepEqual([type, object.metadata.name], ['ADDED', 'node-1']);
  watch.stop();
});

test('what a user is known by comes along: uid, groups and extra, as they are', async (t) => {
  const { plane, extension } = await startRegistered(t);
  const headers = {
    'impersonate-user': 'Bøb',
    'impersonate-uid': '42',
    'impersonate-group': 'readers',
    'impersonate-extra-scopes.example.com%2fkind': 'some',
  };
  await plane.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    body: {
      metadata: { name: 'readers' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'Group', name: 'readers' }],
    },
  });
  const latin = Buffer.from(headers['impersonate-user'], 'utf8').toString('latin1');
  const { code, text } = await plane.call('GET', `${metricsPath}/nodes`, {
    headers: { ...headers, 'impersonate-user': latin },
  });
  assert.equal(code, 200, text);
  const seen = extension.seen.at(-1)!.headers;
  assert.equal(seen['x-remote-uid'], '42');
  assert.equal(seen['x-remote-group'], 'readers, system:authenticated');
  assert.equal(seen['x-remote-extra-scopes.example.com%2fkind'], 'some');
  assert.equal(Object.keys(seen).filter((name) => name.startsWith('impersonate-')).length, 0);
});

test('the ConfigMap for extension servers is put right at every start', async (t) => {
  const first = await startPlane(t);
  const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
  const { data } = (await first.call('GET', path)).body;
  assert.deepEqual(Object.keys(data).sort(), [
    'client-ca-file',
    'requestheader-allowed-names',
    'requestheader-client-ca-file',
    'requestheader-extra-headers-prefix',
    'requestheader-group-headers',
    'requestheader-uid-headers',
    'requestheader-username-headers',
  ]);
  const headers = { 'content-type': 'application/merge-patch+json' };
  await first.call('PATCH', path, { headers, body: { data: { 'client-ca-file': 'wrong', own: 'kept' } } });
  await first.plane.close();
  const second = await startPlane(t, { dataDir: first.dataDir });
  assert.deepEqual((await second.call('GET', path)).body.data, { ...data, own: 'kept' });
});
