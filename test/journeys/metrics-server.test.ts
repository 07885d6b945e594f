/**
 * deploy/metrics.yaml, applied as it is by the real kubectl, and `taffrail metrics-server` with the manifest's own arguments and
 * rights: the token of its ServiceAccount is all that it has. Only its Endpoints are written by hand.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { findKubectls, type Ran } from './kubectl-runner.ts';
import {
  atEnd,
  type Cleanup,
  projectRoot,
  Running,
  run,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from './processes.ts';

const manifest = join(projectRoot, 'deploy', 'metrics.yaml');
const kubectl = findKubectls().at(-1);
const burner = `apiVersion: v1
kind: Pod
metadata: { name: burner, labels: { app: burner } }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: burn, image: local, command: [sh, -c, 'while :; do :; done'] }]
`;

/** What the manifest starts the server with; the port and the directory are this test's. */
function manifestArguments(directory: string): string[] {
  const documents = parseAllDocuments(readFileSync(manifest, 'utf8')).map((document) => document.toJS());
  const [container] = documents.find(({ kind }) => kind === 'Deployment').spec.template.spec.containers;
  assert.deepEqual(container.command, ['taffrail', 'metrics-server']);
  return container.args.map((argument: string) => {
    if (argument.startsWith('--cert-dir=')) return `--cert-dir=${join(directory, 'certificates')}`;
    if (argument.startsWith('--secure-port=')) return '--secure-port=0';
    return argument.startsWith('--metric-resolution=') ? '--metric-resolution=10s' : argument;
  });
}

interface Sandbox {
  directory: string;
  kubeconfig: string;
  kube(args: string, input?: string): Promise<string>;
  tried(args: string): Promise<Ran>;
}

async function startSandbox(t: Cleanup): Promise<Sandbox> {
  const directory = temporaryDirectory(t, 'metrics-server');
  const dataDir = join(directory, 'data');
  const pod = join(directory, 'burner.yaml');
  writeFileSync(pod, burner);
  const { process: up } = await startServing('up', dataDir, [
    '--no-examples',
    '--no-metrics-server',
    '--manifest',
    pod,
  ]);
  atEnd(t, () => up.stop());
  const kubeconfig = join(dataDir, 'kubeconfig');
  const tried = async (args: string): Promise<Ran> => {
    const own = ['--kubeconfig', kubeconfig, '--cache-dir', join(directory, 'cache')];
    const { code, stdout, stderr } = await run(kubectl!.path, [...own, ...args.split(' ')]);
    return { code, stdout: stdout.toString(), stderr };
  };
  const kube = async (args: string) => {
    const { code, stdout, stderr } = await tried(args);
    assert.equal(code, 0, `kubectl ${args}: ${stderr}`);
    return stdout;
  };
  return { directory, kubeconfig, kube, tried };
}

/** As a pod of the ServiceAccount would have it. */
async function accountKubeconfig({ directory, kubeconfig, kube }: Sandbox): Promise<string> {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const token = (await kube('create token metrics-server -n kube-system')).trim();
  config.users = config.users.map(({ name }: { name: string }) => ({ name, user: { token } }));
  const path = join(directory, 'account.yaml');
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

async function startMetricsServer(t: Cleanup, sandbox: Sandbox): Promise<{ process: Running; url: string }> {
  const access = ['--kubeconfig', await accountKubeconfig(sandbox), '--bind-address', '127.0.0.1'];
  const process = new Running(taffrail, ['metrics-server', ...manifestArguments(sandbox.directory), ...access]);
  atEnd(t, () => process.stop());
  const url = await until('the metrics server listens', () => {
    if (!process.isRunning) throw new Error(process.stderr);
    return /url=(https:\S+)/.exec(process.stderr)?.[1];
  });
  return { process, url };
}

/** Of a service that selects no pods, so that nobody else writes them. */
async function writeEndpoints({ directory, kube }: Sandbox, url: string): Promise<void> {
  await kube('patch service metrics-server -n kube-system --type=merge -p {"spec":{"selector":null}}');
  const port = Number(new URL(url).port);
  const path = join(directory, 'endpoints.yaml');
  const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port }] }];
  const metadata = { name: 'metrics-server', namespace: 'kube-system' };
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets }));
  await kube(`apply -f ${path}`);
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe('the manifest of the Metrics API', { skip: !kubectl && 'there is no kubectl' }, () => {
  test('kubectl applies it, and with its rights alone the server makes kubectl top work', async (t) => {
    const sandbox = await startSandbox(t);
    const { kube, tried } = sandbox;
    assert.equal((await kube(`apply -f ${manifest}`)).match(/ created$/gm)?.length, 10);
    // kubectl itself writes the selector of a PodDisruptionBudget anew each time.
    assert.equal((await kube(`apply -f ${manifest}`)).match(/ unchanged$/gm)?.length, 9);
    // There is no such image here.
    await kube('scale deployment/metrics-server -n kube-system --replicas=0');
    const { process, url } = await startMetricsServer(t, sandbox);
    await writeEndpoints(sandbox, url);
    await kube('wait --for=condition=Available apiservice/v1beta1.metrics.k8s.io --timeout=30s');
    const top = await until(
      'the burner has a window',
      async () => {
        const { code, stdout } = await tried('top pods --no-headers');
        return code === 0 && stdout.startsWith('burner') ? stdout : undefined;
      },
      60_000,
      500,
    );
    assert.match(top, /^burner +[1-9]\d*m +\d+Mi\b/);
    const nodes = await until('the node has a window', async () => {
      const { code, stdout } = await tried('top nodes --no-headers');
      return code === 0 && stdout;
    });
    assert.match(nodes, /^sandbox +\d+m +\d+% +\d+Mi +\d+%/);
    const why = JSON.parse(await kube('get --raw /apis/metrics.k8s.io/v1beta1/nodes/sandbox?why'));
    assert.deepEqual([why.served, why.reason], [true, 'Served']);
    assert.equal(await statusOf(`${url}/readyz`), 200);
    assert.equal(await statusOf(`${url}/metrics`), 403);
    await readersOfOneNamespace(sandbox);
    const { code, signal } = await process.stop();
    assert.deepEqual([code, signal], [0, null]);
  });
});

/** `view` in a namespace includes its metrics, by the aggregated role; other namespaces and nodes are not in it. */
async function readersOfOneNamespace({ kube, tried }: Sandbox): Promise<void> {
  await kube('create rolebinding ann-views --clusterrole=view --user=ann -n default');
  assert.match(await kube('top pods --as=ann -n default --no-headers'), /^burner /);
  for (const args of ['top pods --as=ann -n kube-system', 'get nodemetrics --as=ann']) {
    const { code, stderr } = await tried(args);
    assert.notEqual(code, 0, args);
    assert.match(stderr, /Forbidden.*User "ann" cannot (get|list) resource/s, args);
  }
}
