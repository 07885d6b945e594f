/**
 * What the real kubectl, in every installed version, prints of the Metrics API by way of the API server's aggregation layer,
 * and what it asks for: test/fixtures/kubectl/metrics-requests.json holds the requests, which the unit tests repeat.
 * TAFFRAIL_RECORD=1 writes them anew.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { createClient } from '../../src/kubernetes/client/http-client.ts';
import { openPki } from '../../src/kubernetes/pki/pki.ts';
import { heldMetrics, pod, usage } from '../../src/resources/serve/server-under-test.ts';
import { findKubectls, kubectlRunner, out, type RunKubectl, refusal } from './kubectl-runner.ts';
import { type MetricsApi, startMetricsApi } from './metrics-api.ts';
import { type Cleanup, projectRoot } from './processes.ts';
import { type RecordedRequest, startRecordingProxy } from './recording-proxy.ts';

const fixture = join(projectRoot, 'test', 'fixtures', 'kubectl', 'metrics-requests.json');
const kubectls = findKubectls();

const mebibyte = 2 ** 20;
const web = pod(
  'default',
  'web',
  [
    { name: 'app', usage: usage(250_000_000, 200 * mebibyte) },
    { name: 'proxy', usage: usage(1_234_567, 4620 * 1024) },
  ],
  { app: 'web' },
);
const burner = pod('default', 'burner', [{ name: 'burn', usage: usage(1_000_000_000, mebibyte) }]);
const held = heldMetrics(
  [burner, web],
  [{ name: 'n1', labels: { zone: 'a' }, usage: usage(1_500_000_000, 1024 * mebibyte) }],
);

async function addNode({ plane }: MetricsApi): Promise<void> {
  const client = createClient(plane.access);
  const quantities = { cpu: '4', memory: '8Gi' };
  const body = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    status: { capacity: quantities, allocatable: quantities },
  };
  await client.request('/api/v1/nodes', { method: 'POST', body });
  await client.request('/api/v1/nodes/n1/status', { method: 'PUT', body });
  client.close();
}

/** kubectl by way of a proxy that keeps what it asks for, with a token. */
async function startRecorded(t: Cleanup) {
  const api = await startMetricsApi(t, held);
  await addNode(api);
  const pki = await openPki(join(api.scratch, 'plane', 'pki'), systemClock);
  const { certificate: cert, key } = await pki.server('recording', ['127.0.0.1']);
  const proxy = await startRecordingProxy(t, api.plane, { cert, key });
  const token = await api.plane.accessFor('ann', ['system:masters']).token!();
  const kubeconfigPath = join(api.scratch, 'kubeconfig');
  const cluster = { server: proxy.url, 'certificate-authority-data': Buffer.from(pki.ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token } }],
  };
  writeFileSync(kubeconfigPath, JSON.stringify(config));
  const runnerOf = (kubectl: (typeof kubectls)[number]) =>
    kubectlRunner(kubectl, { ...api.plane, kubeconfigPath }, api.scratch);
  return { api, proxy, runnerOf };
}

const rows = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

async function top(run: RunKubectl): Promise<void> {
  assert.deepEqual(rows(await out(run('top nodes')))[1], ['n1', '1500m', '37%', '1024Mi', '12%']);
  assert.deepEqual(rows(await out(run('top pods'))), [
    ['NAME', 'CPU(cores)', 'MEMORY(bytes)'],
    ['burner', '1000m', '1Mi'],
    ['web', '252m', '204Mi'],
  ]);
  assert.deepEqual(rows(await out(run('top pods web --containers --no-headers'))), [
    ['web', 'app', '250m', '200Mi'],
    ['web', 'proxy', '2m', '4Mi'],
  ]);
  assert.deepEqual(rows(await out(run('top pods -A -l app=web --no-headers'))), [['default', 'web', '252m', '204Mi']]);
}

async function get(run: RunKubectl): Promise<void> {
  assert.deepEqual(rows(await out(run('get podmetrics'))), [
    ['NAME', 'CPU', 'MEMORY', 'WINDOW'],
    ['burner', '1', '1Mi', '15.02s'],
    ['web', '251234567n', '209420Ki', '15.02s'],
  ]);
  assert.deepEqual(rows(await out(run('get nodemetrics'))), [
    ['NAME', 'CPU', 'MEMORY', 'WINDOW'],
    ['n1', '1500m', '1Gi', '15.02s'],
  ]);
  assert.deepEqual(rows(await out(run('get pods.metrics.k8s.io -A --no-headers -l app=web')))[0]?.slice(0, 2), [
    'default',
    'web',
  ]);
  const raw = JSON.parse(await out(run('get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/web')));
  assert.equal(raw.containers[1].usage.cpu, '1234567n');
  assert.match(await out(run('get podmetrics web -o yaml')), /memory: 4620Ki/);
  assert.match(await refusal(run('get podmetrics nobody')), /pods "nobody" not found/);
  assert.match(await out(run('explain podmetrics.containers')), /running containers of the pod/);
}

describe('kubectl and the Metrics API', { skip: kubectls.length === 0 && 'there is no kubectl' }, () => {
  test('every version prints the same, and asks for what is recorded', async (t) => {
    const { proxy, runnerOf } = await startRecorded(t);
    const recorded: Record<string, RecordedRequest[]> = {};
    for (const kubectl of kubectls) {
      proxy.requests.length = 0;
      const run = runnerOf(kubectl);
      await top(run);
      if (kubectl === kubectls[0] || kubectl === kubectls.at(-1)) await get(run);
      recorded[kubectl.name] = asked(proxy.requests);
    }
    if (process.env.TAFFRAIL_RECORD) writeFileSync(fixture, `${JSON.stringify(recorded, null, 1)}\n`);
    const before = JSON.parse(readFileSync(fixture, 'utf8'));
    for (const [name, requests] of Object.entries(recorded))
      if (before[name]) assert.deepEqual(requests, before[name], name);
  });
});

/** Those that an extension server is asked, once each, whoever asks on whatever machine. */
function asked(requests: readonly RecordedRequest[]): RecordedRequest[] {
  const ours = requests.filter(({ url }) => url.startsWith('/apis/metrics.k8s.io/') || url === '/apis?timeout=32s');
  const plain = ours.map((each) => ({ ...each, userAgent: each.userAgent.replace(/\/.*/, '') }));
  const byText = new Map(plain.map((each) => [JSON.stringify(each), each]));
  return [...byText.keys()].sort().map((text) => byText.get(text)!);
}
