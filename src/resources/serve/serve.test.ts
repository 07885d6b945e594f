import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldMetrics, pod, serveMetrics, usage } from './server-under-test.ts';

const base = '/apis/metrics.k8s.io/v1beta1';
const web = pod(
  'default',
  'web',
  [
    { name: 'app', usage: usage(123_456_789.7, 4_730_880) },
    { name: 'proxy', usage: usage(5_000_000, 1000) },
  ],
  { tier: 'front', app: 'web' },
);
const idle = pod('kube-system', 'idle', [{ name: 'pause', usage: usage(0, 0, 90_000) }]);
const worker = { name: 'n1', labels: { zone: 'a' }, usage: usage(1_500_000_000, 2 ** 30) };
const held = () => heldMetrics([web, idle], [worker], ['default/young', 'n2']);

test('a pod is answered as metrics-server prints it', async (t) => {
  const { get } = await serveMetrics(t, held());
  const { text, headers } = await get(`${base}/namespaces/default/pods/web`);
  assert.equal(
    text,
    '{"kind":"PodMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"name":"web","namespace":"default","creationTimestamp":"2026-11-23T00:00:05Z","labels":{"app":"web","tier":"front"}},"timestamp":"2026-11-23T00:00:00Z","window":"15.02s","containers":[{"name":"app","usage":{"cpu":"123456789n","memory":"4620Ki"}},{"name":"proxy","usage":{"cpu":"5m","memory":"1k"}}]}\n',
  );
  assert.equal(headers['content-type'], 'application/json');
});

test('nodes and pods are listed, in all namespaces and in one', async (t) => {
  const { get } = await serveMetrics(t, held());
  const nodes = await get(`${base}/nodes`);
  assert.equal(
    nodes.text,
    '{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{"metadata":{"name":"n1","creationTimestamp":"2026-11-23T00:00:05Z","labels":{"zone":"a"}},"timestamp":"2026-11-23T00:00:00Z","window":"15.02s","usage":{"cpu":"1500m","memory":"1Gi"}}]}\n',
  );
  const names = async (path: string) =>
    (await get(path)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
  assert.deepEqual(await names(`${base}/pods`), ['web', 'idle']);
  assert.deepEqual(await names(`${base}/namespaces/kube-system/pods`), ['idle']);
  assert.deepEqual(await names(`${base}/namespaces/nowhere/pods`), []);
});
