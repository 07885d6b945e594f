import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { openPki } from '../../kubernetes/pki/pki.ts';
import { scratchDirectory, startPlane } from '../../sandbox/control/started-plane.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { createMatcher, instantQuery } from '../query/query.ts';
import { openSeriesStore } from '../store/open.ts';
import { defaultScrapeConfig, startScraping } from './scrape.ts';

async function portOf(t: TestContext, server: Server & { closeAllConnections(): void }): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const text = { 'content-type': 'text/plain; version=0.0.4' };

test('the default configuration scrapes kubelets, annotated pods and services, and the objects of a cluster', async (t) => {
  const { plane, call } = await startPlane(t);
  const directory = scratchDirectory(t);
  const pki = await openPki(join(directory, 'pki'), systemClock);
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, pki.ca);
  const pair = await pki.server('kubelet', ['127.0.0.1']);
  // Takes nobody who does not show the cluster's certificate.
  const kubelet = createTlsServer(
    { cert: pair.certificate, key: pair.key, ca: plane.access.ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => void response.writeHead(200, text).end(`page{path="${request.url}"} 1\n`),
  );
  const kubeletPort = await portOf(t, kubelet);
  const pod = createServer(
    (request, response) => void response.writeHead(200, text).end(`of_pod{path="${request.url}"} 7\n`),
  );
  const podPort = await portOf(t, pod);

  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: null, lastTransitionTime: null }],
      allocatable: { cpu: '1500m', memory: '1Gi' },
    },
  };
  assert.equal((await call('POST', '/api/v1/nodes', { body: node })).code, 201);
  assert.equal((await call('PUT', '/api/v1/nodes/n1/status', { body: node })).code, 200);
  const web = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/path': '/own' } },
    spec: {
      nodeName: 'n1',
      containers: [
        { name: 'web', image: 'web:1', ports: [{ containerPort: podPort }], resources: { requests: { cpu: '250m' } } },
      ],
    },
  };
  assert.equal((await call('POST', '/api/v1/namespaces/default/pods', { body: web })).code, 201);
  const status = {
    phase: 'Running',
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  const patched = await call('PATCH', '/api/v1/namespaces/default/pods/web/status', {
    body: { status },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  assert.equal(patched.code, 200, patched.text);
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'front', annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(podPort) } },
    spec: { ports: [{ port: 80 }] },
  };
  assert.equal((await call('POST', '/api/v1/namespaces/default/services', { body: service })).code, 201);
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'front' },
    subsets: [
      {
        addresses: [{ ip: '127.0.0.1', targetRef: { kind: 'Pod', namespace: 'default', name: 'web' } }],
        ports: [{ port: 1 }],
      },
    ],
  };
  assert.equal((await call('POST', '/api/v1/namespaces/default/endpoints', { body: endpoints })).code, 201);

  const troubles: string[] = [];
  const log = createLogger({ level: 'warn', write: (line) => troubles.push(line) });
  const metrics = new MetricsRegistry();
  const store = await openSeriesStore({ dataDir: join(directory, 'data'), log, metrics, clock: systemClock });
  t.after(() => store.close());
  const client = createClient(plane.access);
  t.after(() => client.close());
  const scraping = await startScraping({
    config: defaultScrapeConfig({ intervalMs: 500, kubelet: { caFile } }),
    store,
    client,
    tenant: 'default',
    log,
    metrics,
    clock: systemClock,
    random: Math.random,
  });
  t.after(() => scraping.close());

  const scope = { tenant: 'default', namespaces: '*' as const };
  const series = async (name: string) => {
    const nowMs = Date.now();
    const found = await store.select(scope, [createMatcher('=', '__name__', name)], nowMs - 60_000, nowMs);
    return found.map(({ labels }) => labels.toString()).sort();
  };
  const wanted: Record<string, string[]> = {
    page: ['/metrics', '/metrics/cadvisor', '/metrics/resource'].map(
      (path) => `{__name__="page", instance="n1", job="kubelet", metrics_path="${path}", node="n1", path="${path}"}`,
    ),
    of_pod: [
      `{__name__="of_pod", instance="127.0.0.1:${podPort}", job="kubernetes-pods", namespace="default", node="n1", path="/own", pod="web"}`,
      `{__name__="of_pod", instance="127.0.0.1:${podPort}", job="kubernetes-service-endpoints", namespace="default", node="n1", path="/metrics", pod="web", service="front"}`,
    ],
  };
  const endMs = performance.now() + 30_000;
  for (const [name, expected] of Object.entries(wanted)) {
    while ((await series(name)).length < expected.length) {
      const problems = scraping.targets().active.map(({ pool, health, lastError }) => `${pool} ${health} ${lastError}`);
      assert.ok(performance.now() < endMs, `${name}: ${problems.join('; ')} ${troubles.join('')}`);
      await systemClock.sleep(50);
    }
    assert.deepEqual(await series(name), expected.sort());
  }
  const value = async (query: string) => {
    const { value: result } = await instantQuery({ source: store, scope, query, timeMs: Date.now() });
    return result.type === 'vector' ? result.samples.map((sample) => sample.value) : [];
  };
  assert.deepEqual(await value('kube_pod_status_phase{namespace="default",pod="web",phase="Running"}'), [1]);
  assert.deepEqual(await value('sum(kube_pod_container_resource_requests{resource="cpu",unit="core"})'), [0.25]);
  assert.deepEqual(await value('kube_node_status_allocatable{node="n1",resource="cpu"}'), [1.5]);
  assert.deepEqual(await value('count(kube_namespace_status_phase{phase="Active"} == 1) > bool 3'), [1]);

  assert.equal((await call('DELETE', '/api/v1/namespaces/default/pods/web?gracePeriodSeconds=0')).code, 200);
  while ((await value('of_pod{job="kubernetes-pods"}')).length > 0) {
    assert.ok(performance.now() < endMs, 'the series of a pod that is gone end');
    await systemClock.sleep(50);
  }
  assert.deepEqual(await value('kube_pod_info{pod="web"}'), []);
});
