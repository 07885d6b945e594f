import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd, run, startServing, taffrail, temporaryDirectory, until } from './processes.ts';

const absent = (await run('kubectl', ['version', '--client']).catch(() => undefined))?.code !== 0;
const skip = absent && process.env.CI !== 'true' ? 'there is no kubectl' : false;

/** Pods that say something in every way and then stay as they are, so that two readers see the same. */
function manifests(marker: string): string {
  const once = (name: string, script: string) =>
    `{name: ${name}, image: busybox, command: [sh, -c, ${JSON.stringify(script)}]}`;
  return `
{apiVersion: v1, kind: Pod, metadata: {name: talk, labels: {app: talk}}, spec: {restartPolicy: Never,
  initContainers: [${once('prepare', 'echo prepared')}],
  containers: [
    ${once('words', 'for i in 1 2 3 4 5; do echo "out $i"; echo "err $i" >&2; done; printf "\\\\377\\\\000 raw\\\\n\\\\n"; printf unfinished')},
    ${once('silent', 'true')},
    ${once('long', 'head -c 40000 /dev/zero | tr "\\\\0" x; echo; echo after')}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: again, annotations: {kubectl.kubernetes.io/default-container: second}}, spec: {
  containers: [
    ${once('first', 'echo first; sleep 3600')},
    ${once('second', `if [ -e ${marker} ]; then echo again; sleep 3600; else touch ${marker}; echo failing; exit 7; fi`)}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {
  metadata: {labels: {app: web}}, spec: {containers: [${once('serve', 'echo serving; sleep 3600')}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: unmade}, spec: {
  containers: [{name: a, image: busybox, command: [env], envFrom: [{configMapRef: {name: nothing}}]}, ${once('b', 'echo b; sleep 3600')}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: unmounted}, spec: {volumes: [{name: v, configMap: {name: nothing}}],
  containers: [{name: a, image: busybox, command: [env], volumeMounts: [{name: v, mountPath: /v}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: initializing}, spec: {
  initContainers: [${once('first', 'echo first; sleep 3600')}], containers: [${once('second', 'echo second')}]}}
`;
}

const sameOutput = [
  'talk',
  'talk -c words',
  'talk words',
  'talk -c words --timestamps',
  'talk -c words --tail=3',
  'talk -c words --tail 0',
  'talk -c words --tail -1 --prefix',
  'talk -c words --limit-bytes=20',
  'talk -c words --limit-bytes=50 --timestamps',
  'talk -c words --since=1h',
  'talk -c words --since-time=2020-01-01T00:00:00Z --tail 2',
  'talk -c words --since-time=2090-01-01T00:00:00Z',
  'talk -c silent',
  'talk -c long',
  'talk -c prepare',
  'talk -c words -f',
  'pod/talk -c long --tail=1',
  'again',
  'again -p',
  'again --previous=true --timestamps',
  'again -c first',
  'deploy/web',
  'deployment.apps/web --prefix',
  'deploy/web --tail=1 --timestamps',
  '-l app=web --prefix',
  '-l app=talk -c words',
  '-l app=talk -c words --tail=-1',
  '-l app=talk -c words --tail=2',
];

const sameStderr = ['talk', 'again', 'talk --tail 1', '-l app=nothing'];

const sameRefusal = [
  'nope',
  'talk -c nope',
  'talk -c words -p',
  'unmade',
  'unmade -c a',
  'unmounted',
  'unmounted -c nope',
  'initializing -c second',
  'deploy/web -p',
  'talk --tail=-2',
  'talk -c words --all-containers',
  'talk -l app=web',
  '',
  'talk --since=1m --since-time=2020-01-01T00:00:00Z',
  'a/b/c',
];

test('taffrail logs prints what kubectl logs prints, with the same flags', { skip, timeout: 180_000 }, async (t) => {
  const directory = temporaryDirectory(t, 'kubectl-logs');
  const dataDir = join(directory, 'data');
  const file = join(directory, 'pods.yaml');
  writeFileSync(file, manifests(join(directory, 'marker')));
  const { process: up } = await startServing('up', dataDir, ['--no-examples', '--manifest', file]);
  atEnd(t, () => up.stop());
  const split = (line: string) => line.split(' ').filter(Boolean);
  const kubectl = (line: string) =>
    run('kubectl', [
      '--kubeconfig',
      join(dataDir, 'kubeconfig'),
      '--cache-dir',
      join(directory, 'cache'),
      ...split(line),
    ]);
  const ours = (line: string) => run(taffrail, ['logs', ...split(line), '--data-dir', dataDir]);
  await until(
    'every pod has said everything, to both',
    async () => {
      for (const line of [
        'talk -c words',
        'talk -c long',
        'again',
        'again -p',
        'again -c first',
        'unmade -c b',
        'initializing -c first',
        'deploy/web',
      ]) {
        const [theirs, own] = [await kubectl(`logs ${line}`), await ours(line)];
        if (theirs.code !== 0 || theirs.stdout.length === 0 || !theirs.stdout.equals(own.stdout)) return false;
      }
      return (await kubectl('get pod talk -o jsonpath={.status.phase}')).stdout.toString() === 'Succeeded';
    },
    90_000,
    500,
  );
  for (const line of sameOutput) {
    await t.test(`the same output: logs ${line}`, async () => {
      const [theirs, own] = [await kubectl(`logs ${line}`), await ours(line)];
      assert.deepEqual(
        [own.code, own.stdout.toString('latin1')],
        [theirs.code, theirs.stdout.toString('latin1')],
        own.stderr,
      );
      assert.equal(own.code, 0);
    });
  }
  for (const line of sameStderr) {
    await t.test(`the same notices: logs ${line}`, async () => {
      assert.equal((await ours(line)).stderr, (await kubectl(`logs ${line}`)).stderr);
    });
  }
  for (const line of sameRefusal) {
    await t.test(`refused alike: logs ${line}`, async () => {
      const [theirs, own] = [await kubectl(`logs ${line}`), await ours(line)];
      assert.notEqual(theirs.code, 0);
      assert.notEqual(own.code, 0);
      assert.equal(said(own.stderr), said(theirs.stderr));
    });
  }
  await t.test('all containers: the same lines, though kubectl goes through them one by one', async () => {
    const [theirs, own] = [
      await kubectl('logs talk --all-containers --prefix'),
      await ours('talk --all-containers --prefix'),
    ];
    // A line without an end is ended where another container goes on behind it, so that both can be read.
    const ended = (text: Buffer) => text.toString('latin1').replace('unfinished[', 'unfinished\n[');
    const sorted = (text: Buffer) => ended(text).split('\n').filter(Boolean).toSorted();
    assert.deepEqual(sorted(own.stdout), sorted(theirs.stdout));
  });
});

/** What a refusal says, without who says it, and without what only some versions of either say besides. */
function said(stderr: string): string {
  const message = /^(?:error|Error from server \(\w+\)): ((?:[^\n]|\n(?!hint|See|\(add))*)/im.exec(stderr)?.[1];
  return (message ?? stderr)
    .trim()
    .replace(/^(option .* is invalid\. |error from server \(\w+\): )/, '')
    .replace(/ in namespace "[^"]*"$| out of: .*$/, '');
}
