import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from '../../../../base/clock.ts';
import { createClient } from '../../../../kubernetes/client/http-client.ts';
import { startPlane } from '../../../../sandbox/control/started-plane.ts';
import { MetricsRegistry, silentLogger } from '../../../../telemetry/telemetry.ts';
import { readScrapeConfig } from '../../scrape.ts';
import { RecordingStore } from '../../store-fixture.ts';
import { ScrapeMetrics } from '../../target/scrape-metrics.ts';
import type { TargetGroup } from '../discovery.ts';
import { kubernetesDiscovery } from './kubernetes.ts';
import { SharedWatches } from './watches.ts';

test('groups follow their own objects, and the services, pods, nodes and namespaces that they are made of', async (t) => {
  const { plane, call } = await startPlane(t);
  const client = createClient(plane.access);
  t.after(() => client.close());
  const stop = new AbortController();
  const around = {
    store: new RecordingStore().store,
    tenant: 't',
    log: silentLogger,
    metrics: new ScrapeMetrics(new MetricsRegistry()),
    clock: systemClock,
    random: Math.random,
  };
  const watches = new SharedWatches(client, around, stop.signal);
  const made = async (path: string, body: object) => {
    const { code, text } = await call('POST', path, { body });
    assert.equal(code, 201, text);
  };
  const patch = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const { code, text } = await call('PATCH', path, { body, headers });
    assert.equal(code, 200, text);
  };
  await made('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { zone: 'a' } } });
  const pod = {
    containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }, { containerPort: 81 }] }],
    nodeName: 'n1',
  };
  await made('/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: pod });
  await patch('/api/v1/namespaces/default/pods/p/status', {
    status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] },
  });
  const address = { ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Pod', namespace: 'default', name: 'p' } };
  await made('/api/v1/namespaces/default/endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 's' },
    subsets: [{ addresses: [address], ports: [{ port: 80 }] }],
  });

  const text = `scrape_configs:
  - job_name: j
    kubernetes_sd_configs:
      - { role: endpoints, namespaces: { names: [default] }, attach_metadata: { node: true, namespace: true } }`;
  const [config] = readScrapeConfig(text, 'c').jobs[0]!.discovery;
  assert.ok(config?.kind === 'kubernetes');
  const groups = new Map<string, TargetGroup>();
  const running = kubernetesDiscovery(config, watches).run((group) => groups.set(group.source, group), stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
    await watches.ended();
  });
  const group = () => groups.get('endpoints/default/s');
  const until = async (condition: () => boolean, what: string) => {
    for (const endMs = performance.now() + 20_000; !condition(); await systemClock.sleep(10))
      assert.ok(performance.now() < endMs, `${what}: ${JSON.stringify(group())}`);
  };
  const first = () => group()?.targets[0];
  await until(() => first()?.__meta_kubernetes_node_label_zone === 'a', 'the node’s labels');
  assert.deepEqual(
    group()!.targets.map(({ __address__ }) => __address__),
    ['10.0.0.1:80', '10.0.0.1:81'],
  );
  assert.equal(group()!.labels.__meta_kubernetes_namespace_label_kubernetes_io_metadata_name, 'default');
  assert.equal(group()!.labels.__meta_kubernetes_service_name, undefined);

  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', labels: { app: 'x' } },
    spec: { ports: [{ port: 80 }] },
  };
  await made('/api/v1/namespaces/default/services', service);
  await until(() => group()?.labels.__meta_kubernetes_service_label_app === 'x', 'the service that came later');
  await patch('/api/v1/namespaces/default/pods/p', { metadata: { labels: { version: '2' } } });
  await until(() => first()?.__meta_kubernetes_pod_label_version === '2', 'the pod’s new label');
  await patch('/api/v1/nodes/n1', { metadata: { labels: { zone: 'b' } } });
  await until(() => first()?.__meta_kubernetes_node_label_zone === 'b', 'the node’s new label');
  assert.equal((await call('DELETE', '/api/v1/namespaces/default/endpoints/s')).code, 200);
  await until(() => group()?.targets.length === 0, 'the group that is gone');
});
