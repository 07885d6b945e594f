import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  atEnd,
  type Finished,
  projectRoot,
  type Running,
  run,
  runWell,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from './processes.ts';

// The manifests that the Kubernetes documentation explains logging with lie beside the project, not in it.
const manifests = join(projectRoot, '..', 'shared', 'acceptance');
const missing = missingHere();
const skip = missing !== undefined && process.env.CI !== 'true' ? missing : false;

test('what is acceptance tested can be', { skip }, () => assert.equal(missing, undefined));

/** One `taffrail up`, and the clients that a person would use on it. */
class Sandbox {
  readonly dataDir: string;
  readonly #cache: string;
  process!: Running;
  url = '';

  constructor(home: string) {
    this.dataDir = join(home, 'data');
    this.#cache = join(home, 'kubectl');
  }

  static async start(t: TestContext, flags: string[]): Promise<Sandbox> {
    const sandbox = new Sandbox(temporaryDirectory(t, 'acceptance'));
    const { process, url } = await startServing('up', sandbox.dataDir, ['--no-examples', ...flags]);
    atEnd(t, () => process.stop());
    sandbox.process = process;
    sandbox.url = url;
    return sandbox;
  }

  kubectl(...args: string[]): Promise<Finished> {
    const kubeconfig = join(this.dataDir, 'kubeconfig');
    return run('kubectl', ['--kubeconfig', kubeconfig, '--cache-dir', this.#cache, ...args]);
  }

  async kubectlText(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(...args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout.toString();
  }

  async logs(...args: string[]): Promise<Buffer> {
    return (await runWell(taffrail, ['logs', ...args, '--data-dir', this.dataDir])).stdout;
  }

  /** Applies a manifest of the documentation in a namespace of its own, since three of them name their pod alike. */
  async applyIn(namespace: string, manifest: string): Promise<void> {
    await this.kubectlText('create', 'namespace', namespace);
    await this.kubectlText('apply', '-n', namespace, '-f', join(manifests, manifest));
  }
}

test("the documentation's pods are read by kubectl and by taffrail logs", { skip, timeout: 180_000 }, async (t) => {
  const sandbox = await Sandbox.start(t, [
    ...['--manifest', join(manifests, 'counter-pod.yaml')],
    ...['--manifest', join(manifests, 'counter-pod-err.yaml')],
  ]);
  await sandbox.applyIn('two-files', 'two-files-counter-pod.yaml');
  await sandbox.applyIn('sidecars', 'two-files-counter-pod-streaming-sidecar.yaml');

  await t.test('counter: a number a second, none missing and none doubled', async () => {
    const seen = await untilLines(sandbox, ['counter'], 5);
    assertCounts(seen, /^(\d+): .*\d\d:\d\d:\d\d/);
    assertBegins(await sandbox.logs('counter'), seen);
  });

  await t.test('counter-err: a filter on stderr gives only that', async () => {
    await untilLines(sandbox, ['counter-err'], 8);
    assertCounts(lines(await sandbox.logs('counter-err', '--stream', 'stderr')), /^(\d+): err$/);
    const stdout = lines(await sandbox.logs('counter-err', '--stream', 'stdout'));
    assertCounts(stdout, /^(\d+): .*\d\d:\d\d:\d\d/);
    const both = lines(await sandbox.logs('counter-err'));
    assert.ok(both.some((line) => line === '0: err') && both.includes(stdout[0]!));
  });

  await t.test('two-files: nothing on stdout, for either', async () => {
    await untilLines(sandbox, ['-n', 'sidecars', 'counter', '-c', 'count-log-1'], 3);
    await sandbox.kubectlText('wait', '-n', 'two-files', '--for=condition=Ready', 'pod/counter', '--timeout=60s');
    assert.equal(await sandbox.kubectlText('logs', '-n', 'two-files', 'counter'), '');
    assert.equal((await sandbox.logs('counter', '-n', 'two-files')).toString(), '');
  });

  for (const [container, pattern] of [
    ['count-log-1', /^(\d+): .*\d\d:\d\d:\d\d/],
    ['count-log-2', /\d\d:\d\d:\d\d.* INFO (\d+)$/],
  ] as const) {
    await t.test(`the streaming sidecar ${container} gives its file`, async () => {
      const seen = await untilLines(sandbox, ['-n', 'sidecars', 'counter', '-c', container], 5);
      assertCounts(seen, pattern);
      assertBegins(await sandbox.logs('counter', '-n', 'sidecars', '-c', container), seen);
    });
  }
});

test('a pod that crashes five times keeps all five of its runs', { skip, timeout: 180_000 }, async (t) => {
  const home = temporaryDirectory(t, 'acceptance');
  const script =
    'n=$(cat count 2>/dev/null || echo 0); n=$((n+1)); echo $n > count; echo "run $n begins"; printf "err %s without newline" $n >&2; exit $n';
  const manifest = join(home, 'crasher.json');
  const container = { name: 'main', image: 'none', workingDir: home, command: ['/bin/sh', '-c', script] };
  writeFileSync(
    manifest,
    JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'crasher' }, spec: { containers: [container] } }),
  );
  const sandbox = await Sandbox.start(t, ['--manifest', manifest, ...SHORT_BACKOFF]);
  await until(
    'it has crashed five times',
    async () => {
      const count = await sandbox.kubectlText(
        'get',
        'pod',
        'crasher',
        '-o',
        'jsonpath={.status.containerStatuses[0].restartCount}',
      );
      return Number(count) >= 5;
    },
    120_000,
    500,
  );

  const runOf = (n: number) => `run ${n} begins\nerr ${n} without newline`;
  const previous = await sandbox.kubectlText('logs', 'crasher', '--previous');
  assert.equal((previous.match(/^run \d+ begins$/gm) ?? []).length, 1, previous);
  assert.equal((await sandbox.logs('crasher', '--instance', '0')).toString(), runOf(1));
  assert.equal((await sandbox.logs('crasher', '--instance', '3')).toString(), runOf(4));
  await until('the fifth run is stored', async () =>
    (await sandbox.logs('crasher', '--instance', 'all')).includes(runOf(5)),
  );
  const all = (await sandbox.logs('crasher', '--instance', 'all')).toString();
  // Where a run ends without a newline, the next one still begins on a line of its own.
  const five = [1, 2, 3, 4, 5].map(runOf).join('\n');
  assert.equal(all.slice(0, five.length), five);
});

test('40 MiB in a burst, rotated four times, are whole after the pod was evicted', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const home = temporaryDirectory(t, 'acceptance');
  // As few and long lines as still rotate four times: a fifth file is all that a kubelet keeps.
  const lineCount = 105_000;
  const count = `seq -f '%09.0f ${'the quick brown fox jumps over the lazy dog, '.repeat(9)}' 1 ${lineCount}`;
  const burst = (await runWell('/bin/sh', ['-c', count])).stdout;
  assert.ok(burst.length >= 40 * 2 ** 20);
  const manifest = join(home, 'burst.json');
  const command = ['/bin/sh', '-c', `${count}; exec sleep 1000`];
  writeFileSync(
    manifest,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'burst' },
      spec: { containers: [{ name: 'main', image: 'none', command }] },
    }),
  );
  const sandbox = await Sandbox.start(t, ['--manifest', manifest]);
  const last = burst.subarray(burst.lastIndexOf('\n', burst.length - 2) + 1).toString();
  await until(
    'all of it is written',
    async () => (await sandbox.kubectl('logs', 'burst', '--tail', '1')).stdout.toString() === last,
    60_000,
    100,
  );
  assert.ok(
    (await sandbox.kubectl('logs', 'burst')).stdout.length < burst.length,
    'kubectl shows the newest file at most',
  );

  await runWell(taffrail, ['sandbox', 'evict', 'burst', '--data-dir', sandbox.dataDir]);
  await until(
    'the pod is evicted',
    async () =>
      (await sandbox.kubectlText('get', 'pod', 'burst', '-o', 'jsonpath={.status.phase}/{.status.reason}')) ===
      'Failed/Evicted',
  );
  await until('kubectl has nothing', async () => (await sandbox.kubectl('logs', 'burst')).stdout.length === 0);
  await until('the last line is stored', async () => (await sandbox.logs('burst', '--tail', '1')).toString() === last);
  assert.equal(sha256(await sandbox.logs('burst')), sha256(burst));
});

const SHORT_BACKOFF = ['--crash-loop-max', '1s'];

function missingHere(): string | undefined {
  if (!existsSync(manifests)) return `the acceptance manifests are not at ${manifests}`;
  const kubectl = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'kubectl')));
  return kubectl ? undefined : 'kubectl is not installed';
}

/** What `kubectl logs` shows, as soon as it is that many lines. */
async function untilLines(sandbox: Sandbox, args: string[], count: number): Promise<string[]> {
  return until(
    `kubectl logs ${args.join(' ')} shows ${count} lines`,
    async () => {
      const seen = lines((await sandbox.kubectl('logs', ...args)).stdout);
      return seen.length >= count && seen;
    },
    60_000,
    300,
  );
}

function lines(said: Buffer): string[] {
  return said.toString().split('\n').slice(0, -1);
}

function assertCounts(seen: readonly string[], pattern: RegExp): void {
  const counted = seen.map((line) => Number(pattern.exec(line)?.[1] ?? Number.NaN));
  assert.deepEqual(counted, [...seen.keys()], seen.join('\n'));
}

function assertBegins(said: Buffer, seen: readonly string[]): void {
  const stored = lines(said);
  const both = Math.min(stored.length, seen.length);
  assert.ok(both >= seen.length - 1, `the store has ${stored.length} lines, kubectl showed ${seen.length} before`);
  assert.deepEqual(stored.slice(0, both), seen.slice(0, both));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
