/** `taffrail doctor` on the sandbox: whole, then broken in one place after the other, and mended with the command that it names. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { systemClock } from '../../src/base/clock.ts';
import { type KeyPair, openPki, selfSignedServer } from '../../src/kubernetes/pki/pki.ts';
import { findKubectls } from './kubectl-runner.ts';
import {
  atEnd,
  type Cleanup,
  Running,
  run,
  runWell,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from './processes.ts';

const kubectl = findKubectls().at(-1);

interface Finding {
  check: string;
  title: string;
  outcome: 'ok' | 'warning' | 'broken' | 'not-checked';
  says: string;
  details: string[];
  fixes: string[];
}

interface Report {
  code: number | null;
  findings: Finding[];
}

interface Sandbox {
  directory: string;
  dataDir: string;
  up: Running;
  kube(args: readonly string[]): Promise<string>;
  apply(object: object): Promise<void>;
  doctor(flags?: readonly string[]): Promise<Report>;
}

const upFlags = ['--no-examples', '--no-scrape', '--metric-resolution', '1s'];

async function startSandbox(t: Cleanup): Promise<Sandbox> {
  const directory = temporaryDirectory(t, 'doctor');
  const dataDir = join(directory, 'data');
  const sandbox: Sandbox = {
    directory,
    dataDir,
    up: (await startServing('up', dataDir, upFlags)).process,
    kube: async (args) => {
      const own = ['--kubeconfig', join(dataDir, 'kubeconfig'), '--cache-dir', join(directory, 'cache')];
      return (await runWell(kubectl!.path, [...own, ...args])).stdout.toString();
    },
    apply: async (object) => {
      const path = join(directory, 'object.json');
      writeFileSync(path, JSON.stringify(object));
      await sandbox.kube(['apply', '-f', path]);
    },
    doctor: async (flags = ['--data-dir', dataDir]) => {
      const { code, stdout, stderr } = await run(taffrail, ['doctor', '-o', 'json', ...flags]);
      assert.notEqual(stdout.length, 0, stderr);
      return { code, findings: JSON.parse(stdout.toString()).findings };
    },
  };
  atEnd(t, () => sandbox.up.stop());
  await until('all is well', async () => (await sandbox.doctor()).code === 0, 60_000, 500);
  return sandbox;
}

const brokenOf = ({ findings }: Report) => findings.filter(({ outcome }) => outcome === 'broken');

/** Exactly this check is broken, and nothing that comes after it is blamed. */
async function assertNames(sandbox: Sandbox, check: string, says: RegExp): Promise<Finding> {
  const report = await sandbox.doctor();
  const broken = brokenOf(report);
  assert.deepEqual(
    broken.map((each) => each.check),
    [check],
    JSON.stringify(report.findings, null, 1),
  );
  assert.equal(report.code, 1);
  assert.match(broken[0]!.says, says);
  assert.notEqual(broken[0]!.fixes.length, 0);
  return broken[0]!;
}

/** As a person would paste it; `kubectl` is the one that is tested with. */
async function runFix(fix: string): Promise<void> {
  assert.match(fix, /^kubectl --kubeconfig /);
  const { code, stderr } = await run('sh', ['-c', fix.replace(/^kubectl /, `'${kubectl!.path}' `)]);
  assert.equal(code, 0, `${fix}: ${stderr}`);
}

async function assertMended({ doctor }: Sandbox): Promise<void> {
  let last: Report | undefined;
  await until('it is mended', async () => (last = await doctor()).code === 0, 40_000, 500).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last && brokenOf(last))}`);
  });
}

async function rbac(sandbox: Sandbox): Promise<void> {
  const bindings: [string[], RegExp][] = [
    [['clusterrolebinding', 'system:metrics-server'], /may not get nodes\/metrics/],
    [['clusterrolebinding', 'metrics-server:system:auth-delegator'], /may not create tokenreviews/],
    [['rolebinding', 'metrics-server-auth-reader', '-n', 'kube-system'], /may not get configmaps/],
  ];
  for (const [binding] of bindings) await sandbox.kube(['delete', ...binding]);
  const { fixes, says, details } = await assertNames(sandbox, 'server-rights', /may not/);
  for (const [, right] of bindings)
    assert.ok(
      [says, ...details].some((line) => right.test(line.replace(/^nor /, 'may not '))),
      `${right}: ${says} ${details}`,
    );
  for (const fix of fixes) await runFix(fix);
  await assertMended(sandbox);
}

async function caBundle(sandbox: Sandbox): Promise<void> {
  const { clusters } = parse(readFileSync(join(sandbox.dataDir, 'kubeconfig'), 'utf8'));
  const other = clusters[0].cluster['certificate-authority-data'];
  const patch = JSON.stringify({ spec: { caBundle: other } });
  await sandbox.kube(['patch', 'apiservice', 'v1beta1.metrics.k8s.io', '--type=merge', '-p', patch]);
  const { fixes } = await assertNames(sandbox, 'server-certificate', /not believed by the caBundle/);
  await runFix(fixes[0]!);
  await assertMended(sandbox);
}

async function endpoints(sandbox: Sandbox): Promise<void> {
  const held = JSON.parse(
    await sandbox.kube(['get', 'endpoints', 'metrics-server', '-n', 'kube-system', '-o', 'json']),
  );
  const plain = { ...held, metadata: { name: 'metrics-server', namespace: 'kube-system' } };
  await sandbox.kube(['delete', 'endpoints', 'metrics-server', '-n', 'kube-system']);
  await assertNames(sandbox, 'endpoints', /no ready endpoint/);
  await stoppedServer(sandbox, plain);
  await expiredServer(sandbox, plain);
  await sandbox.kube(['delete', 'endpoints', 'metrics-server', '-n', 'kube-system']);
  await sandbox.apply(plain);
  await assertMended(sandbox);
}

/** Another one than that in `up`, on any port unless one is given. */
async function startServer(
  sandbox: Sandbox,
  flags: readonly string[],
  port = 0,
): Promise<{ process: Running; port: number }> {
  const process = new Running(taffrail, [
    'metrics-server',
    '--kubeconfig',
    join(sandbox.dataDir, 'kubeconfig'),
    ...['--bind-address', '127.0.0.1', '--secure-port', String(port), '--metric-resolution', '10s'],
    ...['--kubelet-use-node-status-port', '--kubelet-preferred-address-types', 'InternalIP'],
    ...flags,
  ]);
  const url = await until('the metrics server listens', () => /url=(https:\S+)/.exec(process.stderr)?.[1]);
  return { process, port: Number(new URL(url).port) };
}

/** The service leads to it. */
async function setEndpoint(sandbox: Sandbox, plain: object, port: number): Promise<void> {
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  await sandbox.apply({ ...plain, subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports }] });
}

/** A metrics server of its own takes the place of the one in `up`, is stopped, and is started again. */
async function stoppedServer(sandbox: Sandbox, plain: object): Promise<void> {
  const flags = ['--cert-dir', join(sandbox.directory, 'certificates')];
  const first = await startServer(sandbox, flags);
  let second: Running | undefined;
  try {
    await setEndpoint(sandbox, plain, first.port);
    await assertMended(sandbox);
    await first.process.stop();
    await assertNames(sandbox, 'server-certificate', /nothing answers at 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    second = (await startServer(sandbox, flags, first.port)).process;
    await assertMended(sandbox);
  } finally {
    await first.process.stop();
    await second?.stop();
  }
}

/** The metrics server's certificate was good once; it is replaced in its files. */
async function expiredServer(sandbox: Sandbox, plain: object): Promise<void> {
  const directory = join(sandbox.dataDir, 'pki');
  const names = ['metrics-server.kube-system.svc'];
  const files = ['serving.crt', 'serving.key'].map((file) => join(sandbox.directory, file)) as [string, string];
  const write = ({ certificate, key }: KeyPair) => {
    writeFileSync(files[0], certificate);
    writeFileSync(files[1], key);
  };
  write(await (await openPki(directory, yearsAgo)).server('served-once', names));
  const pki = await openPki(directory, systemClock);
  const registration = async (spec: object) => {
    const patch = JSON.stringify({ spec });
    await sandbox.kube(['patch', 'apiservice', 'v1beta1.metrics.k8s.io', '--type=merge', '-p', patch]);
  };
  const server = await startServer(sandbox, ['--tls-cert-file', files[0], '--tls-private-key-file', files[1]]);
  try {
    await setEndpoint(sandbox, plain, server.port);
    await registration({ caBundle: Buffer.from(pki.ca).toString('base64'), insecureSkipTLSVerify: null });
    const { fixes } = await assertNames(sandbox, 'server-certificate', /^it is expired on 20\d\d-\d\d-\d\d$/);
    assert.match(fixes[0]!, /--tls-cert-file and --tls-private-key-file/);
    write(await pki.server('serves', names));
    await assertMended(sandbox);
  } finally {
    await server.process.stop();
    await registration({ caBundle: null, insecureSkipTLSVerify: true });
  }
}

async function frontProxy(sandbox: Sandbox): Promise<void> {
  const map = ['configmap', 'extension-apiserver-authentication', '-n', 'kube-system'];
  const { data } = JSON.parse(await sandbox.kube(['get', ...map, '-o', 'json']));
  const damages: [Record<string, string | null>, RegExp][] = [
    [{ 'requestheader-client-ca-file': 'nothing' }, /requestheader-client-ca-file holds no certificate/],
    [{ 'requestheader-allowed-names': '[front' }, /requestheader-allowed-names is not a JSON list/],
    [{ 'requestheader-username-headers': null, 'client-ca-file': null }, /client-ca-file is missing/],
  ];
  for (const [damage, says] of damages) {
    await sandbox.kube(['patch', ...map, '--type=merge', '-p', JSON.stringify({ data: damage })]);
    await assertNames(sandbox, 'front-proxy', says);
    await sandbox.kube(['patch', ...map, '--type=merge', '-p', JSON.stringify({ data })]);
  }
  await assertMended(sandbox);
}

/** What was signed then is expired now. */
const yearsAgo = { ...systemClock, nowMs: () => Date.now() - 3 * 365 * 24 * 3600_000 };
/** Of a node whose clock is wrong. */
const clockAheadMs = 900_000;

/** By kubelets of addKubelet. */
const tokensSeen: string[] = [];

/** A kubelet that takes nobody's word, with the certificate that it is given; as a node of the cluster. */
async function addKubelet(
  t: Cleanup,
  sandbox: Sandbox,
  name: string,
  status: number,
  pair: KeyPair,
  aheadMs = 0,
): Promise<void> {
  const server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    if (request.headers.authorization !== undefined) tokensSeen.push(request.headers.authorization);
    const nowMs = Date.now() + aheadMs;
    response.writeHead(status, { 'content-type': 'text/plain', date: new Date(nowMs).toUTCString() });
    response.end(
      status === 200 ? `node_cpu_usage_seconds_total 1.5 ${nowMs}\n` : 'Forbidden (user=somebody, verb=get)\n',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => server.close());
  const { port: Port } = server.address() as AddressInfo;
  await sandbox.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
  const patch = JSON.stringify({ status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port } } } });
  await sandbox.kube(['patch', 'node', name, '--subresource=status', '--type=merge', '-p', patch]);
}

async function kubelets(t: Cleanup, sandbox: Sandbox): Promise<void> {
  const pki = await openPki(join(sandbox.dataDir, 'pki'), systemClock);
  const signed = await pki.server('refusing', ['127.0.0.1']);
  const misnamed = await pki.server('misnamed', ['kubelet.example']);
  const own = await selfSignedServer(join(sandbox.directory, 'own'), 'kubelet', ['127.0.0.1'], systemClock);
  const expired = await (await openPki(join(sandbox.dataDir, 'pki'), yearsAgo)).server('expired', ['127.0.0.1']);
  await addKubelet(t, sandbox, 'expired', 200, expired);
  await addKubelet(t, sandbox, 'ahead', 200, signed, clockAheadMs);
  await addKubelet(t, sandbox, 'refuses', 403, signed);
  await addKubelet(t, sandbox, 'unknown-caller', 401, signed);
  await addKubelet(t, sandbox, 'misnamed', 200, misnamed);
  await addKubelet(t, sandbox, 'signs-itself', 200, own);
  await sandbox.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'nowhere' } });
  const { findings, code } = await sandbox.doctor();
  assert.equal(code, 1);
  const of = (name: string) => findings.find(({ title }) => title === `kubelet ${name}`)!;
  assert.equal(of('sandbox').outcome, 'ok', JSON.stringify(of('sandbox')));
  const expected: [string, RegExp, RegExp][] = [
    ['expired', /its certificate is expired on 20\d\d-\d\d-\d\d/, /serverTLSBootstrap: true/],
    ['ahead', /the node's clock is (899|90\d) s ahead of this machine's/, /timedatectl set-ntp true/],
    ['refuses', /refuses you its figures \(403\): Forbidden \(user=somebody/, /authorization: \{mode: Webhook\}/],
    ['unknown-caller', /does not know you \(401\)/, /authentication: \{/],
    ['misnamed', /not believed: it is for another name or address/, /serverTLSBootstrap: true/],
    ['signs-itself', /not believed: it has signed itself/, /serverTLSBootstrap: true/],
    ['nowhere', /no address/, /--kubelet-preferred-address-types=/],
  ];
  for (const [name, says, fix] of expected) {
    assert.equal(of(name).outcome, 'broken', name);
    assert.match(of(name).says, says);
    assert.match(of(name).fixes[0]!, fix);
  }
  await assertTokenIsKept(sandbox);
  for (const [name] of expected) await sandbox.kube(['delete', 'node', name]);
  await assertMended(sandbox);
}

/** Whoever has taken over a node would act as the person who runs the doctor. */
async function assertTokenIsKept(sandbox: Sandbox): Promise<void> {
  await sandbox.kube(['create', 'serviceaccount', 'root']);
  const role = ['--clusterrole=cluster-admin', '--serviceaccount=default:root'];
  await sandbox.kube(['create', 'clusterrolebinding', 'root', ...role]);
  const path = await accountKubeconfig(sandbox, 'root');
  const { findings } = await sandbox.doctor(['--kubeconfig', path]);
  const refusing = findings.find(({ title }) => title === 'kubelet refuses')!;
  assert.match(refusing.says, /refuses the API server its figures \(403\)/);
  const { token } = JSON.parse(readFileSync(path, 'utf8')).users[0].user;
  // Those of the metrics server itself, whose token is for kubelets, were seen.
  assert.equal(tokensSeen.includes(`Bearer ${token}`), false);
}

async function accountKubeconfig({ directory, dataDir, kube }: Sandbox, account: string): Promise<string> {
  const config = parse(readFileSync(join(dataDir, 'kubeconfig'), 'utf8'));
  const token = (await kube(['create', 'token', account])).trim();
  config.users = config.users.map(({ name }: { name: string }) => ({ name, user: { token } }));
  const path = join(directory, `${account}.yaml`);
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** The person's own certificate has run out: nobody knows them any more, until they have a new one. */
async function expiredCaller(sandbox: Sandbox): Promise<void> {
  const pki = await openPki(join(sandbox.dataDir, 'pki'), yearsAgo);
  const { certificate, key } = await pki.client('late', ['system:masters']);
  const config = parse(readFileSync(join(sandbox.dataDir, 'kubeconfig'), 'utf8'));
  const user = {
    'client-certificate-data': Buffer.from(certificate).toString('base64'),
    'client-key-data': Buffer.from(key).toString('base64'),
  };
  config.users = config.users.map(({ name }: { name: string }) => ({ name, user }));
  const path = join(sandbox.directory, 'late.yaml');
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  const report = await sandbox.doctor(['--kubeconfig', path]);
  assert.equal(report.code, 1);
  assert.match(brokenOf(report)[0]!.says, /does not know who you are \(401\)/);
}

/** Whoever may not look at everything is told what was not looked at. */
async function ordinaryUser(sandbox: Sandbox): Promise<void> {
  await sandbox.kube(['create', 'serviceaccount', 'ann']);
  await sandbox.kube(['create', 'rolebinding', 'ann-views', '--clusterrole=view', '--serviceaccount=default:ann']);
  const path = await accountKubeconfig(sandbox, 'ann');
  const { code, findings } = await sandbox.doctor(['--kubeconfig', path]);
  const of = (check: string) => findings.find((each) => each.check === check)!;
  assert.equal(code, 0, JSON.stringify(findings, null, 1));
  assert.equal(of('caller-rights').outcome, 'warning');
  assert.match(of('caller-rights').says, /^system:serviceaccount:default:ann may not list pods\.metrics\.k8s\.io/);
  assert.match(of('server-rights').says, /^you may not: /);
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.users[0].user.token += 'x';
  writeFileSync(path, JSON.stringify(config));
  const stranger = await sandbox.doctor(['--kubeconfig', path]);
  assert.match(brokenOf(stranger)[0]!.says, /does not know who you are \(401\)/);
}

async function text(sandbox: Sandbox): Promise<void> {
  const { stdout } = await runWell(taffrail, ['doctor', '--data-dir', sandbox.dataDir]);
  const lines = stdout.toString().split('\n');
  assert.match(lines[0]!, /^ok {3}API server +https:\/\/127\.0\.0\.1:\d+ answers, v1\.\d+/);
  assert.match(stdout.toString(), /\nnothing is broken\n$/);
  assert.match(stdout.toString(), /^[\x20-\x7e\n]+$/);
}

describe('taffrail doctor', { skip: !kubectl && 'there is no kubectl' }, () => {
  test('each broken hop is named, with what mends it', async (t) => {
    const sandbox = await startSandbox(t);
    await text(sandbox);
    await rbac(sandbox);
    await caBundle(sandbox);
    await endpoints(sandbox);
    await frontProxy(sandbox);
    await kubelets(t, sandbox);
    await ordinaryUser(sandbox);
    await expiredCaller(sandbox);
    await sandbox.kube(['delete', 'apiservice', 'v1beta1.metrics.k8s.io']);
    const { fixes } = await assertNames(sandbox, 'api-service', /there is no APIService/);
    assert.deepEqual(fixes, ['stop "taffrail up" and start it again']);
    await sandbox.up.stop();
    const { code, findings } = await sandbox.doctor();
    assert.equal(code, 1);
    assert.match(findings[0]!.says, /cannot be reached/);
    assert.ok(findings.slice(1).every(({ outcome }) => outcome === 'not-checked'));
    sandbox.up = (await startServing('up', sandbox.dataDir, upFlags)).process;
    await assertMended(sandbox);
  });
});
