import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock as clock } from '../../src/base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../src/kubernetes/client/client.ts';
import { createClient } from '../../src/kubernetes/client/http-client.ts';
import { openPki } from '../../src/kubernetes/pki/pki.ts';
import { type ControlPlane, startControlPlane } from '../../src/sandbox/control/control.ts';
import { startControllers } from '../../src/sandbox/control/controllers/controllers.ts';
import { evictPod, type NodeOptions, type RunningNode, startNode, stopRuntime } from '../../src/sandbox/node/node.ts';
import { silentLogger as log, MetricsRegistry } from '../../src/telemetry/telemetry.ts';
import { atEnd, temporaryDirectory, until } from './processes.ts';

const soon = (condition: () => unknown) => until(String(condition), condition);
const pods = '/api/v1/namespaces/default/pods';

/** Control plane, controllers and node, without the rest of Taffrail. */
class Cluster {
  readonly dataDir: string;
  control!: ControlPlane;
  client!: KubernetesClient;
  node!: RunningNode;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async start(t: TestContext, more: Partial<NodeOptions> = {}): Promise<Cluster> {
    const cluster = new Cluster(temporaryDirectory(t, 'sandbox-node'));
    const parts = { log, clock, metrics: new MetricsRegistry() };
    cluster.control = await startControlPlane({ dataDir: cluster.dataDir, host: '127.0.0.1', port: 0, ...parts });
    atEnd(t, () => cluster.control.close());
    cluster.client = createClient(cluster.control.access);
    atEnd(t, () => cluster.client.close());
    const abort = new AbortController();
    const controllers = startControllers(cluster.client, { ...parts, signal: abort.signal });
    atEnd(t, () => {
      abort.abort();
      return controllers;
    });
    await cluster.startNode(more);
    atEnd(t, () => stopRuntime(cluster.dataDir));
    atEnd(t, () => cluster.node.close({ stopPods: true }));
    return cluster;
  }

  async startNode(more: Partial<NodeOptions> = {}): Promise<void> {
    this.node = await startNode({
      dataDir: this.dataDir,
      logRoot: this.logRoot,
      nodeName: 'sandbox',
      access: this.control.accessFor('system:node:sandbox', ['system:nodes', 'system:masters']),
      tls: this.control.kubeletServing,
      logMaxSizeBytes: 10 * 1024 * 1024,
      logMaxFiles: 5,
      log,
      metrics: new MetricsRegistry(),
      ...more,
    });
  }

  get logRoot(): string {
    return join(this.dataDir, 'node', 'log', 'pods');
  }

  run(name: string, script: string, spec: object = {}): Promise<KubeObject> {
    const containers = [{ name: 'c', image: 'none', command: ['sh', '-c', script] }];
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers, ...spec } };
    return this.client.request(pods, { method: 'POST', body });
  }

  pod(name: string): Promise<KubeObject | undefined> {
    return this.client.request(`${pods}/${name}`).catch(() => undefined);
  }

  async isRunning(name: string): Promise<boolean> {
    return (await this.pod(name))?.status?.containerStatuses?.[0]?.ready === true;
  }

  async logs(name: string, query: Record<string, string | number | boolean> = {}): Promise<string> {
    const parts: Buffer[] = [];
    for await (const chunk of await this.client.stream(`${pods}/${name}/log`, { query })) parts.push(chunk);
    return Buffer.concat(parts).toString();
  }

  directoryOf(name: string): string | undefined {
    return readdirSync(this.logRoot).find((directory) => directory.startsWith(`default_${name}_`));
  }
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

test('the node holds a lease, which it owns and renews', async (t) => {
  let sinceMs = 0;
  const ahead: Clock = { ...clock, nowMs: () => clock.nowMs() + sinceMs };
  const cluster = await Cluster.start(t, { clock: ahead, disk: { pressureTransitionMs: 200 } });
  const first = await cluster.client.request<KubeObject>(`${leases}/sandbox`);
  assert.equal(first.spec.holderIdentity, 'sandbox');
  assert.equal(first.metadata.ownerReferences?.[0]?.kind, 'Node');
  sinceMs = 15_000;
  await soon(async () => {
    const { spec } = await cluster.client.request<KubeObject>(`${leases}/sandbox`);
    return Date.parse(spec.renewTime) - Date.parse(first.spec.renewTime) >= 15_000;
  });
});

function get(
  port: number,
  path: string,
  tls: { ca: string; cert?: string; key?: string },
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...tls }, async (answer) => {
      let body = '';
      for await (const chunk of answer) body += chunk;
      resolve({ code: answer.statusCode ?? 0, body });
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

test('the kubelet answers the API server and nobody else', async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.run('p', 'echo hello; sleep 600');
  await soon(() => cluster.isRunning('p'));
  const pki = await openPki(join(cluster.dataDir, 'pki'), clock);
  const { port } = cluster.node;
  const { certificate: cert, key } = await pki.client('somebody', ['system:masters']);
  const trusted = { ca: pki.ca, cert, key };
  assert.deepEqual(await get(port, '/healthz', trusted), { code: 200, body: 'ok' });
  assert.equal((await get(port, '/healthz', { ca: pki.ca })).code, 401);
  const stranger = await pki.client('stranger', ['strangers']);
  assert.equal((await get(port, '/pods', { ca: pki.ca, cert: stranger.certificate, key: stranger.key })).code, 403);
  const list = JSON.parse((await get(port, '/pods', trusted)).body) as { kind: string; items: KubeObject[] };
  assert.deepEqual([list.kind, list.items[0]?.metadata.name, list.items[0]?.status.phase], ['PodList', 'p', 'Running']);
  await soon(async () => (await get(port, '/containerLogs/default/p/c', trusted)).body === 'hello\n');
  assert.deepEqual(await get(port, '/containerLogs/default/none/c', trusted), {
    code: 404,
    body: 'pod "none" does not exist\n',
  });
  assert.equal((await get(port, '/containerLogs/default/p/none', trusted)).code, 404);
  const previous = await get(port, '/containerLogs/default/p/c?previous=true', trusted);
  assert.deepEqual(previous, { code: 400, body: 'previous terminated container "c" in pod "p" not found' });
  assert.equal((await get(port, '/containerLogs/default/p/c?tailLines=x', trusted)).code, 400);
});

test('logs through the API server: follow ends with the container, previous shows the one before', async (t) => {
  const cluster = await Cluster.start(t, {
    crashBackoff: { initialMs: 60_000, delayMsMax: 60_000, resetAfterMs: 600_000 },
  });
  await cluster.run('p', 'for i in 1 2 3 4 5; do echo $i; sleep 0.1; done; exit 1');
  await soon(async () => (await cluster.pod('p'))?.status?.containerStatuses?.[0]?.state.running);
  assert.equal(await cluster.logs('p', { follow: true }), '1\n2\n3\n4\n5\n');
  await soon(async () => (await cluster.pod('p'))?.status?.containerStatuses?.[0]?.restartCount === 1);
  await soon(
    async () => (await cluster.pod('p'))?.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff',
  );
  assert.equal(await cluster.logs('p', { previous: true }), '1\n2\n3\n4\n5\n');
  assert.equal(await cluster.logs('p', { tailLines: 1 }), '5\n');
});

test('following a log over rotations gives every byte', async (t) => {
  const cluster = await Cluster.start(t, { logMaxSizeBytes: 64 * 1024 });
  // Slowly enough that no file is rotated away between two looks.
  await cluster.run('p', 'i=0; while [ $i -lt 300 ]; do seq -f "$i: %0500.0f" 1 10; i=$((i+1)); sleep 0.02; done', {
    restartPolicy: 'Never',
  });
  await soon(async () => (await cluster.pod('p'))?.status?.containerStatuses?.[0]?.state.running);
  const text = await cluster.logs('p', { follow: true });
  const expected = Array.from({ length: 300 }, (_, i) =>
    Array.from({ length: 10 }, (_, j) => `${i}: ${String(j + 1).padStart(500, '0')}\n`).join(''),
  ).join('');
  const hash = (value: string) => createHash('sha256').update(value).digest('hex');
  assert.equal(text.length, expected.length);
  assert.equal(hash(text), hash(expected));
  const files = readdirSync(join(cluster.logRoot, cluster.directoryOf('p') as string, 'c'));
  assert.ok(files.length > 2, String(files));
});

test('a pod outlives the kubelet and is adopted under the same process', async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.run('p', 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done');
  await soon(() => cluster.isRunning('p'));
  await cluster.node.close({ stopPods: false });
  await sleep(300);
  await cluster.startNode();
  await sleep(200);
  const status = (await cluster.pod('p'))?.status.containerStatuses[0];
  assert.equal(status.restartCount, 0);
  const numbers = (await cluster.logs('p')).trim().split('\n').map(Number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index),
  );
  await assert.rejects(startNode({ ...unused(cluster) }), { code: 'already-locked' });
});

test('an evicted pod stays as Failed without files; a deleted one goes altogether', async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.run('evicted', 'echo x; sleep 600');
  await cluster.run('deleted', 'echo x; sleep 600', { terminationGracePeriodSeconds: 0 });
  await soon(async () => (await cluster.isRunning('evicted')) && (await cluster.isRunning('deleted')));
  await evictPod(cluster.client, 'default', 'evicted');
  await soon(async () => (await cluster.pod('evicted'))?.status.phase === 'Failed' && !cluster.directoryOf('evicted'));
  assert.equal((await cluster.pod('evicted'))?.status.reason, 'Evicted');
  await cluster.client.request(`${pods}/deleted`, { method: 'DELETE' });
  await soon(async () => !(await cluster.pod('deleted')) && !cluster.directoryOf('deleted'));
});

test('when the logs exceed their quota, the biggest writer is evicted and the node says why', async (t) => {
  const disk = { logQuotaBytes: 300_000, pressureTransitionMs: 1500 };
  const cluster = await Cluster.start(t, { disk });
  await cluster.run('quiet', 'echo quiet; sleep 600');
  await soon(() => cluster.isRunning('quiet'));
  await cluster.run('noisy', 'seq 1 20000; sleep 600');
  await soon(async () => (await cluster.pod('noisy'))?.status?.reason === 'Evicted');
  assert.match((await cluster.pod('noisy'))?.status.message, /^The node was low on resource: ephemeral-storage\./);
  const pressure = async () => {
    const node = await cluster.client.request('/api/v1/nodes/sandbox');
    return node.status.conditions.find(({ type }: { type: string }) => type === 'DiskPressure').status;
  };
  await soon(async () => (await pressure()) === 'True');
  await soon(async () => (await pressure()) === 'False');
  assert.equal(await cluster.isRunning('quiet'), true);
});

function unused(cluster: Cluster): NodeOptions {
  const { access, kubeletServing: tls } = cluster.control;
  const limits = { logMaxSizeBytes: 1, logMaxFiles: 1 };
  return {
    dataDir: cluster.dataDir,
    logRoot: cluster.logRoot,
    nodeName: 'other',
    access,
    tls,
    ...limits,
    log,
    metrics: new MetricsRegistry(),
  };
}
