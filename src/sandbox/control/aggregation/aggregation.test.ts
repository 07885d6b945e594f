import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { createClient } from '../../../kubernetes/client/http-client.ts';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import { conditionOf } from '../conditions.ts';
import { startControllers } from '../controllers/controllers.ts';
import { type StartedPlane, startPlane } from '../started-plane.ts';
import {
  type ExtensionOptions,
  type ExtensionUnderTest,
  eventually,
  metricsPath,
  registration,
  startExtension,
} from './extension-under-test.ts';

type Cleanup = { after(end: () => unknown): void };
const configurationPath = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
const apiServicePath = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';

async function create({ call }: StartedPlane, { path, body }: { path: string; body: object }): Promise<void> {
  const { code, text } = await call('POST', path, { body });
  assert.equal(code, 201, text);
}

async function condition({ call }: StartedPlane): Promise<{ status: string; reason: string; message: string }> {
  return (await call('GET', apiServicePath)).body.status?.conditions?.[0] ?? { status: 'Unknown' };
}

function untilReason(plane: StartedPlane, reason: string) {
  return eventually(`the API service says ${reason}`, async () => {
    const found = await condition(plane);
    return found.reason === reason ? found : undefined;
  });
}

async function startBoth(
  t: Cleanup,
  options: ExtensionOptions = {},
): Promise<{ plane: StartedPlane; extension: ExtensionUnderTest }> {
  const plane = await startPlane(t);
  const extension = await startExtension(t, (await plane.call('GET', configurationPath)).body.data, options);
  return { plane, extension };
}

async function startRegistered(t: Cleanup, options: ExtensionOptions = {}) {
  const both = await startBoth(t, options);
  const { service, endpoints, apiService } = registration(both.extension);
  for (const each of [service, endpoints, apiService]) await create(both.plane, each);
  await untilReason(both.plane, 'Passed');
  return both;
}

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
