/** `taffrail top` on the sandbox, beside the real kubectl: the same figures of the same scrape, and sums against their parts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { KubeObject, KubernetesClient } from '../../src/kubernetes/client/client.ts';
import { createClient } from '../../src/kubernetes/client/http-client.ts';
import { loadKubeconfig } from '../../src/kubernetes/client/kubeconfig.ts';
import { findKubectls } from './kubectl-runner.ts';
import {
  atEnd,
  type Cleanup,
  type Finished,
  Running,
  run,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from './processes.ts';

const kubectl = findKubectls().at(-1);
/** Both commands read within one scrape's time, also where they take seconds to start. */
const resolution = '10s';
/** For what comes with scrapes. */
const scrapedWithinMs = 180_000;

const manifest = `apiVersion: v1
kind: Pod
metadata: { name: two, labels: { app: two, tier: front } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: burn
      image: local
      command: [sh, -c, 'while :; do i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done; sleep 0.1; done']
      resources: { requests: { cpu: 500m, memory: 64Mi }, limits: { cpu: "1", memory: 128Mi } }
    - { name: idle, image: local, command: [sleep, '10000'], resources: { requests: { cpu: 10m } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, tier: front } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: server, image: local, command: [sleep, '10000'], resources: { limits: { memory: 32Mi } } }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: front }
spec: { selector: { tier: front }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: lone, namespace: shop }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: idle, image: local, command: [sleep, '10000'] }]
`;

interface Amounts {
  cpuNanocores: number;
  memoryBytes: number;
}

interface Item {
  namespace?: string;
  name: string;
  container?: string;
  timestamp?: string;
  usage: Amounts;
  requests: Partial<Amounts>;
  limits: Partial<Amounts>;
  restarts: number;
  pods?: { served: number; expected: number };
}

interface Data {
  items: Item[];
  total: Item;
  unserved: { namespace?: string; name: string; reason?: string }[];
  cluster: Record<string, Amounts>;
}

interface Sandbox {
  dataDir: string;
  client: KubernetesClient;
  top(args: string): Promise<Finished>;
  text(args: string): Promise<string>;
  data(args: string): Promise<Data>;
  kube(args: string): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

async function startSandbox(t: Cleanup): Promise<Sandbox> {
  const directory = temporaryDirectory(t, 'top');
  const dataDir = join(directory, 'data');
  const path = join(directory, 'manifest.yaml');
  writeFileSync(path, manifest);
  const flags = ['--no-examples', '--no-scrape', '--metric-resolution', resolution, '--manifest', path];
  const { process: up } = await startServing('up', dataDir, flags);
  atEnd(t, () => up.stop());
  const own = ['--kubeconfig', join(dataDir, 'kubeconfig')];
  const top = (args: string) => run(taffrail, ['top', ...args.split(' '), '--data-dir', dataDir]);
  const text = async (args: string) => {
    const { code, stdout, stderr } = await top(args);
    assert.equal(code, 0, `top ${args}: ${stderr}`);
    return stdout.toString();
  };
  const client = createClient(loadKubeconfig(join(dataDir, 'kubeconfig')));
  atEnd(t, () => client.close());
  return {
    dataDir,
    client,
    top,
    text,
    data: async (args) => JSON.parse(await text(`${args} -o json`)),
    kube: async (args) => {
      const ran = await run(kubectl!.path, [...own, '--cache-dir', join(directory, 'cache'), ...args.split(' ')]);
      return { ...ran, stdout: ran.stdout.toString() };
    },
  };
}

const rows = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

/** kubectl's table is ours without the columns that it does not have. */
function assertBeginsWith(ours: string, theirs: string): void {
  const [own, other] = [rows(ours), rows(theirs)];
  assert.deepEqual(
    own.map((row, i) => row.slice(0, other[i]?.length)),
    other,
  );
}

/** Tries again when there was a scrape in between. */
async function assertSame(sandbox: Sandbox, args: string): Promise<void> {
  const stamps = async () => {
    const { items } = await sandbox.client.request(`/apis/metrics.k8s.io/v1beta1/${args.split(' ')[0]}`);
    const usages = items.map(({ timestamp, usage, containers }: KubeObject) => [timestamp, usage, containers]);
    return JSON.stringify(usages);
  };
  const readBoth = async () => {
    const before = await stamps();
    const [theirs, ours] = await Promise.all([sandbox.kube(`top ${args}`), sandbox.text(args)]);
    assert.equal(theirs.code, 0, theirs.stderr);
    if ((await stamps()) !== before) return false;
    assertBeginsWith(ours, theirs.stdout);
    return true;
  };
  await until(`kubectl and taffrail read the same scrape: ${args}`, readBoth, scrapedWithinMs);
}

function assertSum(total: Item, parts: readonly Item[]): void {
  for (const name of ['cpuNanocores', 'memoryBytes'] as const)
    assert.equal(
      total.usage[name],
      parts.reduce((sum, { usage }) => sum + usage[name], 0),
      name,
    );
}

describe('taffrail top', { skip: !kubectl && 'there is no kubectl' }, () => {
  test('kubectl shows the same, sums are the sums of their parts, and errors are in its words', async (t) => {
    const sandbox = await startSandbox(t);
    await until(
      'every pod has figures',
      async () => {
        const { code, stdout } = await sandbox.top('pods -A -o json');
        if (code !== 0) return false;
        const { items } = JSON.parse(stdout.toString()) as Data;
        return items.length === 4 && items.some(({ usage }) => usage.cpuNanocores > 1_000_000);
      },
      scrapedWithinMs,
      500,
    );
    const compared = ['pods --containers', 'pods -A --sort-by cpu', 'nodes', 'pods -l app=two --no-headers'];
    for (const args of compared) await assertSame(sandbox, args);
    await partsAndSums(sandbox);
    await requestsAndLimits(sandbox);
    await errors(sandbox);
    await watching(sandbox);
  });
});

/** Each answer is of one moment: its parts and its total are compared with each other. */
async function partsAndSums({ data, text }: Sandbox): Promise<void> {
  const containers = await data('pods -A --containers');
  assert.equal(containers.items.length, 5);
  const workloads = await data('workloads -A');
  const others = await Promise.all(['pods -A', 'namespaces', 'nodes'].map(data));
  for (const { items, total } of [containers, workloads, ...others]) assertSum(total, items);
  assert.deepEqual(
    workloads.items.map(({ namespace, name, pods }) => [`${namespace} ${name}`, pods]),
    [
      ['default deployment/web', { served: 2, expected: 2 }],
      ['default pod/two', { served: 1, expected: 1 }],
      ['shop pod/lone', { served: 1, expected: 1 }],
    ],
  );
  assert.deepEqual(
    (await data('workloads deploy/web')).items.map(({ name }) => name),
    ['deployment/web'],
  );
  const services = await data('services');
  const [front, web] = services.items;
  assert.deepEqual([front!.name, front!.pods?.served, web!.name, web!.pods?.served], ['front', 3, 'web', 2]);
  // The pods of `web` are all in `front`: each counts once.
  assert.deepEqual(services.total.usage, front!.usage);
  const { cluster } = await data('cluster');
  assert.ok(cluster.usageOfNodes!.cpuNanocores > 0 && cluster.allocatable!.memoryBytes > 0);
  const sum = rows(await text('pods --sum')).at(-1)!;
  assert.match(sum.join(' '), /^\d+m \d+Mi /);
}

async function requestsAndLimits({ data, text }: Sandbox): Promise<void> {
  const { items } = await data('pods');
  const two = items.find(({ name }) => name === 'two')!;
  assert.deepEqual(two.requests, { cpuNanocores: 510_000_000, memoryBytes: 64 * 2 ** 20 });
  // One of its two containers has none.
  assert.deepEqual(two.limits, {});
  const [, burn, idle] = rows(await text('pods two --containers'));
  assert.match(burn!.join(' '), /^two burn \d+m \d+Mi \d+%\/500m \d+%\/1000m \d+%\/64Mi \d+%\/128Mi 0 (\d+[smh])+$/);
  assert.match(idle!.join(' '), /^two idle \d+m \d+Mi \d+%\/10m <none> <none> <none> 0 (\d+[smh])+$/);
  const { items: workloads } = await data('workloads deploy/web');
  assert.deepEqual(workloads[0]!.limits, { memoryBytes: 64 * 2 ** 20 });
}

async function errors(sandbox: Sandbox): Promise<void> {
  for (const args of ['pods nobody', 'nodes nobody', 'pods --selector app==,,']) {
    const [ours, theirs] = await Promise.all([sandbox.top(args), sandbox.kube(`top ${args}`)]);
    assert.equal(ours.code, 1, args);
    assert.equal(theirs.code, 1, args);
    const [said] = ours.stderr.split('\n');
    assert.match(said!, /^(error|Error from server \(\w+\)): /);
    if (args.endsWith('nobody')) assert.equal(said, theirs.stderr.trim());
  }
  const none = await sandbox.top('pods -n nowhere');
  assert.deepEqual([none.code, none.stderr], [0, 'No resources found in nowhere namespace.\n']);
  // kubectl sees no group that its API server calls unavailable.
  const endpoints = JSON.parse((await sandbox.kube('get endpoints metrics-server -n kube-system -o json')).stdout);
  await sandbox.kube('delete endpoints metrics-server -n kube-system');
  const unavailable = await until('the API is not available', async () => {
    const { code, stderr } = await sandbox.top('pods');
    return code === 1 && stderr.startsWith('error: Metrics API not available\n') && stderr;
  });
  assert.match(unavailable, /^hint: "taffrail doctor --data-dir \S+" finds out/m);
  const path = join(sandbox.dataDir, '..', 'endpoints.json');
  writeFileSync(path, JSON.stringify({ ...endpoints, metadata: { name: 'metrics-server', namespace: 'kube-system' } }));
  await sandbox.kube(`create -f ${path}`);
  await until('the API is available again', async () => (await sandbox.top('pods')).code === 0);
}

async function watching({ dataDir }: Sandbox): Promise<void> {
  const watch = new Running(taffrail, ['top', 'pods', '-w', '--interval', '500ms', '--data-dir', dataDir]);
  const frames = () => watch.stdout.toString().match(/^# \d{4}-\d\d-\d\dT.*\nNAME +CPU\(cores\)/gm)?.length ?? 0;
  await until('two frames', () => frames() >= 2);
  assert.equal((await watch.stop('SIGINT')).code, 0);
}
