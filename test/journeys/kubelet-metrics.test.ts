/** The kubelet's pages about what is used: real pods, by the ways that the kernel offers, read as metrics-server and Prometheus do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock as clock } from '../../src/base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../src/kubernetes/client/client.ts';
import { createClient } from '../../src/kubernetes/client/http-client.ts';
import { type ControlPlane, startControlPlane } from '../../src/sandbox/control/control.ts';
import { type RunningNode, startNode, stopRuntime } from '../../src/sandbox/node/node.ts';
import { silentLogger as log, MetricsRegistry } from '../../src/telemetry/telemetry.ts';
import { atEnd, processesOf, temporaryDirectory, until } from './processes.ts';

const pods = '/api/v1/namespaces/default/pods';
const proxy = '/api/v1/nodes/sandbox/proxy';
const mebibyte = 1024 * 1024;
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const root = process.getuid?.() === 0;
const hasMounts = spawnSync('unshare', [...(root ? [] : ['-Ur']), '-mpf', 'true']).status === 0;
const ticksPerSecond = 100;
/** Of CPU time: long enough for ticks of 10 ms to be far less than 2 %. */
const burnSeconds = 4;

interface Answer {
  code: number;
  type: string;
  text: string;
}

/** Control plane and node, on which pods are put by name. */
class Cluster {
  control!: ControlPlane;
  client!: KubernetesClient;
  node!: RunningNode;

  static async start(t: TestContext, cgroups: boolean): Promise<Cluster> {
    const cluster = new Cluster();
    const dataDir = temporaryDirectory(t, 'kubelet-metrics');
    const parts = { log, clock, metrics: new MetricsRegistry() };
    cluster.control = await startControlPlane({ dataDir, host: '127.0.0.1', port: 0, ...parts });
    atEnd(t, () => cluster.control.close());
    cluster.client = createClient(cluster.control.access);
    atEnd(t, () => cluster.client.close());
    // The runtime, a process of its own, inherits it.
    if (!cgroups) process.env.TAFFRAIL_SANDBOX_CGROUPS = 'off';
    const logRoot = join(dataDir, 'node', 'log', 'pods');
    mkdirSync(logRoot, { recursive: true });
    cluster.node = await startNode({
      dataDir,
      logRoot,
      nodeName: 'sandbox',
      access: cluster.control.accessFor('system:node:sandbox', ['system:nodes', 'system:masters']),
      tls: cluster.control.kubeletServing,
      logMaxSizeBytes: 10 * mebibyte,
      logMaxFiles: 5,
      samplingIntervalMs: 200,
      ...parts,
    }).finally(() => delete process.env.TAFFRAIL_SANDBOX_CGROUPS);
    atEnd(t, () => stopRuntime(dataDir));
    atEnd(t, () => cluster.node.close({ stopPods: true }));
    return cluster;
  }

  async run(name: string, script: string, spec: object = {}, more: object = {}): Promise<void> {
    const container = { name: 'c', image: 'busybox:1.36', command: ['sh', '-c', script], ...more };
    const fixed = { nodeName: 'sandbox', terminationGracePeriodSeconds: 0 };
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { ...fixed, containers: [container], ...spec },
    };
    await this.client.request(pods, { method: 'POST', body });
  }

  /** Through the API server. */
  async page(path: string): Promise<string> {
    const parts: Buffer[] = [];
    for await (const chunk of await this.client.stream(`${proxy}${path}`)) parts.push(chunk);
    return Buffer.concat(parts).toString();
  }

  /** From the kubelet itself. */
  ask(path: string, token?: string): Promise<Answer> {
    const ca = this.control.access.ca as string;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      const where = { host: '127.0.0.1', port: this.node.port, path, headers, ca, agent: false };
      const outgoing = request(where, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ code: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text });
      });
      outgoing.once('error', reject);
      outgoing.end();
    });
  }
}

interface Sample {
  value: number;
  timeMs: number;
}

/** The only sample of this name whose labels hold all of these. */
function sampleOf(page: string, name: string, ...labels: string[]): Sample | undefined {
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const [line, another] = lines.filter((each) => labels.every((label) => each.includes(label)));
  assert.equal(another, undefined, `${name} with ${labels.join()} is there more than once`);
  if (line === undefined) return undefined;
  const [value, timeMs] = line
    .slice(line.lastIndexOf('}') + 1)
    .replace(name, '')
    .trim()
    .split(' ')
    .map(Number);
  return { value: value as number, timeMs: timeMs ?? Number.NaN };
}

/** The only name that promtool finds fault with is cAdvisor's own. */
const cadvisorsName = 'container_memory_failcnt counter metrics should have "_total" suffix';

function isValid(page: string): void {
  if (!hasPromtool) return;
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '' && line !== cadvisorsName);
  assert.deepEqual(said, []);
}

/** What a process has used, by its own file and as often as can be, so that it is known for the moment of a sample. */
class Ticker {
  #readings: { atMs: number; seconds: number }[] = [];
  #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '').trim().split(' ');
      this.#readings.push({ atMs: Date.now(), seconds: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond });
    }, 5);
  }

  /** Undefined before there is a reading on either side. */
  secondsAt(timeMs: number): number | undefined {
    const index = this.#readings.findIndex(({ atMs }) => atMs >= timeMs);
    const [before, after] = [this.#readings[index - 1], this.#readings[index]];
    if (!before || !after) return undefined;
    const part = (timeMs - before.atMs) / (after.atMs - before.atMs);
    return before.seconds + part * (after.seconds - before.seconds);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

async function burnsACore(cluster: Cluster, t: TestContext): Promise<void> {
  const mark = `burner of ${cluster.control.port} and ${cluster.node.port}`;
  await cluster.run('burner', `while :; do :; done # ${mark}`);
  const pid = await until('the burner runs', () => processesOf(mark)[0]);
  const ticker = new Ticker(pid);
  atEnd(t, () => ticker.stop());
  const point = async () => {
    const page = await cluster.page('/metrics/resource');
    const sample = sampleOf(page, 'container_cpu_usage_seconds_total', 'pod="burner"');
    const own = sample && ticker.secondsAt(sample.timeMs);
    return own === undefined ? undefined : { own, shown: sample!.value };
  };
  const first = await until('the burner is on the page', point);
  const longEnough = async () => {
    const next = await point();
    return next && next.own - first.own >= burnSeconds ? next : undefined;
  };
  const last = await until('it has burned for long enough', longEnough, 60_000, 100);
  const [shown, own] = [last.shown - first.shown, last.own - first.own];
  const text = `the page says ${shown.toFixed(3)} s, the process itself ${own.toFixed(3)} s`;
  t.diagnostic(text);
  assert.ok(Math.abs(shown - own) <= 0.02 * own, text);
}

async function holdsMemory(cluster: Cluster): Promise<void> {
  await cluster.run('holder', 'exec 2>/dev/null; dd if=/dev/zero bs=200M count=1 | exec sleep 1000000');
  const held = async () => {
    const page = await cluster.page('/metrics/resource');
    const { value = 0 } = sampleOf(page, 'container_memory_working_set_bytes', 'pod="holder"') ?? {};
    return value >= 190 * mebibyte ? value : undefined;
  };
  const bytes = await until('200 MiB are held', held);
  assert.ok(bytes <= 210 * mebibyte, `${bytes / mebibyte} MiB`);
}

/** A shell says by `times` what the children used that it has waited for; those from before were not the container's. */
async function countsChildren(cluster: Cluster): Promise<void> {
  const child = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'";
  await cluster.run('parent', `times; ${child}; times; exec sleep 1000000`);
  const log = () => cluster.page('/containerLogs/default/parent/c').catch(() => '');
  // Each time a line of the shell's own, and one of its children's: user and system.
  const times = await until('the child has ended', async () => {
    const found = [...(await log()).matchAll(/(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n/g)];
    return (
      found.length === 4 && found.map(([, m, s, sm, ss]) => 60 * (Number(m) + Number(sm)) + Number(s) + Number(ss))
    );
  });
  const children = (times[3] as number) - (times[1] as number);
  assert.ok(children > 0.1, 'the child worked');
  const endedAtMs = Date.now();
  const sample = await until('a sample from after that', async () => {
    const page = await cluster.page('/metrics/resource');
    const found = sampleOf(page, 'container_cpu_usage_seconds_total', 'pod="parent"');
    return found && found.timeMs > endedAtMs ? found : undefined;
  });
  const text = `${sample.value} s in all, of which ${children} s of the child`;
  assert.ok(sample.value >= children - 0.03 && sample.value <= children + 0.5, text);
}

async function everyPageHolds(cluster: Cluster): Promise<void> {
  for (const path of ['/metrics', '/metrics/resource', '/metrics/cadvisor']) {
    const page = await cluster.page(path);
    isValid(page);
    assert.ok(page.endsWith('\n'));
  }
  const page = await cluster.page('/metrics/cadvisor');
  const container = ['container="c"', 'image="busybox:1.36"', 'namespace="default"', 'pod="burner"', 'id="/kubepods/'];
  for (const name of ['last_seen', 'cpu_user_seconds_total', 'memory_rss', 'start_time_seconds'])
    assert.ok(sampleOf(page, `container_${name}`, ...container), name);
  assert.ok(sampleOf(page, 'container_cpu_usage_seconds_total', 'cpu="total"', ...container)!.value > burnSeconds);
  assert.ok(sampleOf(page, 'container_cpu_usage_seconds_total', 'id="/"')!.value > burnSeconds);
  assert.ok(sampleOf(page, 'container_memory_working_set_bytes', 'container=""', 'pod="holder"'), "the pod's slice");
  assert.ok(sampleOf(page, 'machine_cpu_cores')!.value >= 1);
}

async function summaryHolds(cluster: Cluster): Promise<void> {
  const volumes = { volumes: [{ name: 'v', emptyDir: {} }] };
  const mounted = { volumeMounts: [{ name: 'v', mountPath: '/taffrail-volume' }] };
  const script = 'head -c 5242880 /dev/zero > /taffrail-volume/f; echo written; exec sleep 1000000';
  await cluster.run('writer', script, volumes, mounted);
  await until('the writer has written', async () =>
    (await cluster.page('/containerLogs/default/writer/c').catch(() => '')).includes('written'),
  );
  // biome-ignore lint/suspicious/noExplicitAny: an open object of JSON
  const summary = async (): Promise<any> => JSON.parse(await cluster.page('/stats/summary'));
  const writer = await until('the writer is in the summary', async () =>
    (await summary()).pods.find(({ podRef }: { podRef: { name: string } }) => podRef.name === 'writer'),
  );
  const [volume] = writer.volume;
  assert.ok(volume.name === 'v' && volume.usedBytes >= 5 * mebibyte && volume.usedBytes < 5.1 * mebibyte);
  assert.ok(writer['ephemeral-storage'].usedBytes > volume.usedBytes, 'with the logs');
  const { node } = await summary();
  assert.equal(node.nodeName, 'sandbox');
  assert.ok(node.fs.capacityBytes > node.fs.usedBytes && node.rlimit.curproc > 1);
  const brief = JSON.parse(await cluster.page('/stats/summary?only_cpu_and_memory=true'));
  assert.equal(brief.node.fs, undefined);
  assert.equal(brief.pods.length, (await summary()).pods.length);
}

for (const cgroups of [true, false]) {
  const way = cgroups ? 'as the kernel accounts for it' : 'by the files of its processes';

  test(`what pods use is on every page, ${way}`, async (t) => {
    const cluster = await Cluster.start(t, cgroups);
    await Promise.all([burnsACore(cluster, t), holdsMemory(cluster), countsChildren(cluster)]);
    await everyPageHolds(cluster);
    if (hasMounts) await summaryHolds(cluster);
    const accounted = sampleOf(await cluster.page('/metrics'), 'taffrail_node_containers_from_cgroups')!.value;
    if (!cgroups) assert.equal(accounted, 0);
  });
}

test('limits of CPU and memory are held where there are cgroups', async (t) => {
  const cluster = await Cluster.start(t, true);
  const limits = (amounts: object) => ({ resources: { limits: amounts } });
  await cluster.run('slow', 'while :; do :; done', {}, limits({ cpu: '100m' }));
  await cluster.run(
    'greedy',
    'exec dd if=/dev/zero of=/dev/null bs=200M',
    { restartPolicy: 'Never' },
    limits({ memory: '64Mi' }),
  );
  await until('the slow one runs', async () => (await cluster.page('/metrics/resource')).includes('pod="slow"'));
  if (sampleOf(await cluster.page('/metrics'), 'taffrail_node_containers_from_cgroups')!.value === 0)
    return t.skip('there are no cgroups here');
  const killed = await until('the greedy one is killed', async () => {
    const { status } = await cluster.client.request<KubeObject>(`${pods}/greedy`);
    return status?.containerStatuses?.[0]?.state?.terminated;
  });
  assert.deepEqual([killed.reason, killed.exitCode], ['OOMKilled', 137]);
  const page = async () => await cluster.page('/metrics/cadvisor');
  const slow = ['container="c"', 'pod="slow"'];
  await until('the slow one is held back', async () => {
    const throttled = sampleOf(await page(), 'container_cpu_cfs_throttled_periods_total', ...slow);
    return throttled !== undefined && throttled.value > 3;
  });
  assert.equal(sampleOf(await page(), 'container_spec_cpu_quota', ...slow)?.value, 10_000);
});

test("a service account's token opens what the cluster's rules allow, and nothing else", async (t) => {
  const cluster = await Cluster.start(t, true);
  const create = (path: string, body: object) => cluster.client.request<KubeObject>(path, { method: 'POST', body });
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await create(accounts, { metadata: { name: 'scraper' } });
  const { status } = await create(`${accounts}/scraper/token`, { spec: {} });
  const { token } = status;
  const forbidden = await cluster.ask('/stats/summary', token);
  const what = 'user=system:serviceaccount:default:scraper, verb=get, resource=nodes, subresource(s)=[stats]';
  assert.deepEqual([forbidden.code, forbidden.text], [403, `Forbidden (${what})\n`]);
  const rules = [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }];
  await create(`${rbac}/clusterroles`, { metadata: { name: 'scraper' }, rules });
  await create(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'scraper' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'scraper' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'scraper' }],
  });
  const page = await cluster.ask('/metrics/resource', token);
  assert.deepEqual([page.code, page.type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  assert.match(page.text, /^node_cpu_usage_seconds_total \S+ \d{13}$/m);
  assert.equal((await cluster.ask('/containerLogs/default/a/c', token)).code, 403);
  assert.equal((await cluster.ask('/metrics/resource', `${token}x`)).code, 401);
  assert.equal((await cluster.ask('/metrics/resource')).code, 401);
});
