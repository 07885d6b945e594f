/**
 * `taffrail up` and the real kubectl, with nothing between them that a test has made: a core that burns and 200 MiB that are held,
 * as `kubectl top` shows them, beside what the processes themselves have used in the very same window.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findKubectls } from './kubectl-runner.ts';
import { atEnd, type Cleanup, processesOf, run, startServing, temporaryDirectory, until } from './processes.ts';

const kubectl = findKubectls().at(-1);
const resolutionSeconds = 4;
const ticksPerSecond = 100;

function manifest(mark: string): string {
  const pod = (name: string, script: string) => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: c, image: local, command: [sh, -c, ${JSON.stringify(script)}] }]
---
`;
  const hold = 'exec 2>/dev/null; dd if=/dev/zero bs=200M count=1 | exec sleep 1000000';
  return pod('burner', `while :; do :; done # ${mark}`) + pod('holder', hold);
}

/** CPU seconds of a process as it went on, by its own file. */
class Ticker {
  readonly #readings: { atMs: number; seconds: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '').trim().split(' ');
      this.#readings.push({ atMs: Date.now(), seconds: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond });
    }, 20);
  }

  secondsAt(timeMs: number): number {
    const index = this.#readings.findIndex(({ atMs }) => atMs >= timeMs);
    const [before, after] = [this.#readings[index - 1], this.#readings[index]];
    assert.ok(before && after, 'the process was not looked at then');
    const part = (timeMs - before.atMs) / (after.atMs - before.atMs);
    return before.seconds + part * (after.seconds - before.seconds);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** When the kubelet's page has put a sample of the burner, in milliseconds: the Metrics API rounds to seconds. */
function stampOf(page: string): number | undefined {
  const line = page.split('\n').find((each) => /^container_cpu_usage_seconds_total\{.*pod="burner"/.test(each));
  return line === undefined ? undefined : Number(line.trim().split(' ').at(-1));
}

async function startSandbox(t: Cleanup, mark: string) {
  const directory = temporaryDirectory(t, 'kubectl-top');
  const file = join(directory, 'pods.yaml');
  writeFileSync(file, manifest(mark));
  const dataDir = join(directory, 'data');
  const flags = ['--no-examples', '--no-scrape', '--metric-resolution', `${resolutionSeconds}s`, '--manifest', file];
  const { process: up } = await startServing('up', dataDir, flags);
  atEnd(t, () => up.stop());
  const own = ['--kubeconfig', join(dataDir, 'kubeconfig'), '--cache-dir', join(directory, 'cache')];
  return async (args: string) => {
    const { code, stdout } = await run(kubectl!.path, [...own, ...args.split(' ')]);
    return code === 0 ? stdout.toString() : undefined;
  };
}

test('kubectl top shows what processes have used', { skip: !kubectl && 'there is no kubectl' }, async (t) => {
  const mark = `burner of ${process.pid} at ${Date.now()}`;
  const kube = await startSandbox(t, mark);
  const pid = await until('the burner runs', () => processesOf(mark)[0]);
  const startedMs = Date.now();
  const ticker = new Ticker(pid);
  atEnd(t, () => ticker.stop());
  const stamps = new Set<number>();
  const top = await until(
    'both pods have figures',
    async () => {
      const page = await kube('get --raw /api/v1/nodes/sandbox/proxy/metrics/resource');
      const stamp = page && stampOf(page);
      if (stamp) stamps.add(stamp);
      const shown = await kube('top pods --containers --no-headers');
      return shown?.includes('burner') && shown.includes('holder') ? shown : undefined;
    },
    60_000,
    50,
  );
  const tookSeconds = (Date.now() - startedMs) / 1000;
  t.diagnostic(`the first figures came ${tookSeconds.toFixed(1)} s after the burner's start`);
  assert.match(top, /^burner +c +\d+m +\d+Mi/m);

  const next = async () => {
    const page = await kube('get --raw /api/v1/nodes/sandbox/proxy/metrics/resource');
    const stamp = page && stampOf(page);
    if (stamp) stamps.add(stamp);
    const text = await kube('get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/burner');
    const { timestamp, window, containers } = JSON.parse(text!);
    const endMs = [...stamps].find((each) => Math.floor(each / 1000) * 1000 === Date.parse(timestamp));
    const windowMs = Math.round(Number.parseFloat(window) * 1000);
    // The first window begins with the process itself, whose start nobody has looked at.
    if (endMs === undefined || endMs - windowMs < startedMs + 100) return undefined;
    return { endMs, windowMs, nanocores: Number.parseInt(containers[0].usage.cpu, 10) };
  };
  const { endMs, windowMs, nanocores } = await until('a window that was looked at from end to end', next, 60_000, 50);
  const own = (ticker.secondsAt(endMs) - ticker.secondsAt(endMs - windowMs)) / (windowMs / 1000);
  const text = `the Metrics API says ${(nanocores / 1e9).toFixed(4)} cores over ${windowMs} ms, the process ${own.toFixed(4)}`;
  t.diagnostic(text);
  assert.ok(Math.abs(nanocores / 1e9 - own) <= 0.02 * own, text);

  const held = await until('200 MiB are held', async () => {
    const shown = await kube('top pods --no-headers holder');
    const mebibytes = Number(/(\d+)Mi/.exec(shown ?? '')?.[1]);
    return mebibytes >= 190 ? mebibytes : undefined;
  });
  assert.ok(held <= 210, `${held}Mi`);
  assert.match((await kube('top nodes --no-headers'))!, /^sandbox +\d+m +\d+% +\d+Mi +\d+%/);
  assert.match((await kube('get podmetrics'))!, /^NAME +CPU +MEMORY +WINDOW\s+burner +\d+n +\d+Ki +\d/);
  assert.match((await kube('get nodemetrics'))!, /^NAME +CPU +MEMORY +WINDOW\s+sandbox +\d+n +\d+Ki +\d/);
});
