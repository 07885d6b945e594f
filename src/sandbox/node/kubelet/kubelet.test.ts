import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAddress } from '../runtime/runtime-address.ts';
import { textOf } from '../runtime/runtime-fixture.ts';
import { KubeletFixture, sh } from './kubelet-fixture.ts';

const root = process.getuid?.() === 0;
const unshares = spawnSync('unshare', [...(root ? [] : ['-Ur']), '-mpf', 'true']).status === 0;
const isolated = { skip: unshares ? false : 'mount namespaces are not allowed here' };
const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done';

test('a pod runs: its log appears, its status says so and its events tell the steps', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { containers: [sh('c', `echo hello; ${forever}`)] });
  await node.until(() => node.container('p')?.ready);
  const status = node.status('p')!;
  assert.equal(status.phase, 'Running');
  assert.deepEqual([status.podIP, status.qosClass], ['127.0.0.1', 'BestEffort']);
  const conditions = Object.fromEntries(status.conditions!.map(({ type, status }) => [type, status]));
  assert.deepEqual(conditions, {
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: 'True',
    ContainersReady: 'True',
    PodScheduled: 'True',
  });
  assert.match(node.container('p')!.containerID!, /^taffrail:\/\/[0-9a-f]{64}$/);
  await node.until(() => textOf(readFileSync(join(node.logDirectory('p'), 'c', '0.log')), 'stdout') === 'hello\n');
  assert.deepEqual(node.reasons('p'), ['Pulled', 'Created', 'Started']);
});

test('a crashing container is restarted with a growing wait, and one ended instance is kept', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { containers: [sh('c', 'echo $$; exit 7')] });
  await node.until(() => (node.container('p')?.restartCount ?? 0) >= 3 && node.container('p')?.state.waiting);
  const status = node.container('p')!;
  assert.equal(status.state.waiting?.reason, 'CrashLoopBackOff');
  assert.match(
    status.state.waiting?.message ?? '',
    /^back-off 400ms restarting failed container=c pod=p_default\(uid-of-p\)$/,
  );
  assert.deepEqual([status.lastState.terminated?.exitCode, status.lastState.terminated?.reason], [7, 'Error']);
  assert.equal(node.status('p')?.phase, 'Running');
  const kept = readdirSync(join(node.logDirectory('p'), 'c'));
  assert.ok(kept.length <= 2 && kept.includes(`${status.restartCount}.log`), String(kept));
  assert.ok(node.reasons('p').includes('BackOff'));
});

test('init containers and a sidecar come first, and the pod succeeds although its sidecar would run for ever', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', {
    restartPolicy: 'Never',
    initContainers: [
      sh('first', 'echo one'),
      { ...sh('side', forever), restartPolicy: 'Always' },
      sh('second', 'echo two'),
    ],
    containers: [sh('c', 'sleep 0.3; echo done')],
  });
  await node.until(() => node.status('p')?.phase === 'Succeeded' && node.container('p', 'side')?.state.terminated);
  const startOf = (name: string) => readFileSync(join(node.logDirectory('p'), name, '0.log'), 'utf8').slice(0, 30);
  assert.ok(startOf('first') < startOf('second') && startOf('second') < startOf('c'));
  assert.equal(node.container('p', 'first')?.state.terminated?.reason, 'Completed');
  assert.equal(node.container('p')?.state.terminated?.exitCode, 0);
  const waiting = node.api.history.map(({ containerStatuses }) => containerStatuses?.[0]?.state.waiting?.reason);
  assert.ok(waiting.includes('PodInitializing'));
  assert.equal(node.status('p')?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted');
});

test('a deleted pod gets its grace, then all of its files and its object go', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { containers: [{ ...sh('c', 'trap "" TERM; echo deaf; while :; do sleep 0.05; done') }] });
  await node.until(() => node.container('p')?.state.running);
  const log = join(node.logDirectory('p'), 'c', '0.log');
  await node.until(() => existsSync(log) && readFileSync(log).includes('deaf'));
  node.api.delete('p', 60);
  await sleep(200);
  assert.ok(node.container('p')?.state.running, 'the grace is not over');
  node.api.delete('p', 0);
  await node.until(() => !node.api.pods.has('p') && node.kubelet.pods.length === 0);
  assert.ok(!existsSync(node.logDirectory('p')));
  assert.deepEqual(readdirSync(join(node.directory, 'pods')), []);
  assert.equal(node.api.history.at(-1)?.containerStatuses?.[0]?.state.terminated?.exitCode, 137);
});

test('an evicted pod has failed, keeps its object and loses its files', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { containers: [sh('c', `echo x; ${forever}`)] });
  await node.until(() => node.container('p')?.state.running);
  assert.ok(node.kubelet.evict('uid-of-p', 'The node was low on resource: ephemeral-storage. ', 1000));
  await node.until(() => node.status('p')?.phase === 'Failed' && !existsSync(node.logDirectory('p')));
  assert.equal(node.status('p')?.reason, 'Evicted');
  assert.equal(node.container('p')?.state.terminated?.exitCode, 0);
  assert.ok(node.reasons('p').includes('Evicted'));
  await sleep(300);
  assert.ok(!existsSync(node.logDirectory('p')), 'it is not started again');
});

test('a pod that names a missing ConfigMap waits, and starts once it is there', async (t) => {
  const node = await KubeletFixture.start(t);
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'later', key: 'a' } } }];
  node.add('p', { containers: [{ ...sh('c', `echo $A; ${forever}`), env }] });
  await node.until(() => node.container('p')?.state.waiting?.reason === 'CreateContainerConfigError');
  assert.equal(node.container('p')?.state.waiting?.message, 'configmap "later" not found');
  node.api.configMaps.set('later', { a: 'here' });
  await node.until(() => node.container('p')?.state.running);
  await node.until(() => textOf(readFileSync(join(node.logDirectory('p'), 'c', '0.log')), 'stdout') === 'here\n');
});

test('a volume that is not there is told by an event; the container is being created until it is', async (t) => {
  const node = await KubeletFixture.start(t);
  const volumes = [{ name: 'v', configMap: { name: 'later' } }];
  const volumeMounts = [{ name: 'v', mountPath: '/mounted' }];
  node.add('p', { volumes, containers: [{ ...sh('c', forever), volumeMounts }] });
  await node.until(() => node.reasons('p').includes('FailedMount'));
  assert.deepEqual(node.container('p')?.state, { waiting: { reason: 'ContainerCreating' } });
  node.api.configMaps.set('later', { a: 'here' });
  await node.until(() => node.container('p')?.state.running);
});

test('a log directory that cannot be made keeps the pod waiting, not for ever', async (t) => {
  const node = await KubeletFixture.start(t);
  writeFileSync(node.logDirectory('p'), 'in the way');
  node.add('p', { containers: [sh('c', forever)] });
  await node.until(() => node.container('p')?.state.waiting?.reason === 'CreateContainerError');
  assert.match(node.container('p')?.state.waiting?.message ?? '', /ENOTDIR|EEXIST/);
  rmSync(node.logDirectory('p'));
  await node.until(() => node.container('p')?.ready);
});

test('a container with neither command nor args waits with a reason that says why', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { containers: [{ name: 'c', image: 'nginx' }, sh('other', forever)] });
  await node.until(
    () => node.container('p')?.state.waiting?.reason === 'CreateContainerError' && node.container('p', 'other')?.ready,
  );
  assert.match(node.container('p')?.state.waiting?.message ?? '', /runs commands, not images.*nginx/);
});

test('a new kubelet adopts running containers, and ends those whose pod went away meanwhile', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('stays', { containers: [sh('c', forever)] });
  node.add('goes', { containers: [sh('c', forever)] });
  await node.until(() => node.container('stays')?.ready && node.container('goes')?.ready);
  const before = node.container('stays')?.containerID;
  await node.kubelet.close({ stopPods: false });
  node.api.pods.delete('goes');
  mkdirSync(join(node.logRoot, 'default_forgotten_uid-of-forgotten'));
  mkdirSync(join(node.logRoot, 'not ours'));
  await node.startKubelet();
  assert.deepEqual(readdirSync(node.logRoot).sort().slice(-1), ['not ours']);
  assert.ok(!existsSync(node.logDirectory('forgotten')));
  await node.until(() => !existsSync(node.logDirectory('goes')));
  assert.deepEqual([node.container('stays')?.containerID, node.container('stays')?.restartCount], [before, 0]);
  assert.ok(existsSync(node.logDirectory('stays')));
});

test('the death of the runtime is a crash of the node: pods go on with the next attempt', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { containers: [sh('c', `echo up; ${forever}`)] });
  node.add('once', { restartPolicy: 'Never', containers: [sh('c', forever)] });
  await node.until(() => node.container('p')?.ready && node.container('once')?.ready);
  process.kill(readAddress(node.directory)!.pid, 'SIGKILL');
  await node.until(() => node.container('p')?.restartCount === 1 && node.container('p')?.ready);
  assert.deepEqual(node.container('p')?.lastState.terminated?.reason, 'Unknown');
  assert.deepEqual(readdirSync(join(node.logDirectory('p'), 'c')).sort(), ['0.log', '1.log']);
  await node.until(() => node.status('once')?.phase === 'Failed');
});

test('last words come from the file, or from the log where the policy says so', isolated, async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', {
    restartPolicy: 'Never',
    containers: [
      sh('file', 'echo from the file > /dev/termination-log; exit 1'),
      { ...sh('log', 'echo from the log; exit 1'), terminationMessagePolicy: 'FallbackToLogsOnError' },
      {
        ...sh('own', 'echo mine > /tmp/taffrail-last-words; exit 1'),
        terminationMessagePath: '/tmp/taffrail-last-words',
      },
    ],
  });
  await node.until(() => node.status('p')?.phase === 'Failed');
  const messages = ['file', 'log', 'own'].map((name) => node.container('p', name)?.state.terminated?.message);
  assert.deepEqual(messages, ['from the file\n', 'from the log\n', 'mine\n']);
  assert.ok(!existsSync('/tmp/taffrail-last-words'));
});

test("probes decide about readiness and restarts, and hooks run around a container's life", isolated, async (t) => {
  const node = await KubeletFixture.start(t);
  const exec = (command: string) => ({
    exec: { command: ['sh', '-c', command] },
    periodSeconds: 0.1,
    timeoutSeconds: 5,
  });
  const volumeMounts = [{ name: 'v', mountPath: '/shared' }];
  node.add('p', {
    volumes: [{ name: 'v', emptyDir: {} }],
    containers: [
      {
        ...sh('c', forever),
        volumeMounts,
        readinessProbe: { ...exec('test -e /shared/ready'), failureThreshold: 1 },
        livenessProbe: { ...exec('! test -e /shared/sick'), failureThreshold: 2 },
        lifecycle: {
          postStart: exec('echo started >> /shared/hooks'),
          preStop: exec('echo stopping >> /shared/hooks; sleep 0.2'),
        },
      },
    ],
  });
  const shared = join(node.directory, 'pods', 'uid-of-p', 'volumes', 'v');
  await node.until(() => node.container('p')?.state.running);
  assert.equal(node.container('p')?.ready, false);
  writeFileSync(join(shared, 'ready'), '');
  await node.until(() => node.container('p')?.ready);
  writeFileSync(join(shared, 'sick'), '');
  await node.until(() => node.reasons('p').includes('Killing'));
  rmSync(join(shared, 'sick'));
  await node.until(() => node.container('p')?.restartCount === 1 && node.container('p')?.ready);
  assert.ok(node.reasons('p').includes('Unhealthy'));
  let hooks = '';
  node.api.delete('p', 5);
  await node.until(() => {
    if (existsSync(join(shared, 'hooks'))) hooks = readFileSync(join(shared, 'hooks'), 'utf8');
    return !node.api.pods.has('p');
  });
  assert.equal(hooks, 'started\nstarted\nstopping\n');
});

test('a pod that is active for longer than its deadline fails', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { activeDeadlineSeconds: 1, containers: [sh('c', forever)] });
  await node.until(() => node.status('p')?.phase === 'Failed');
  assert.equal(node.status('p')?.reason, 'DeadlineExceeded');
  assert.ok(node.container('p')?.state.terminated);
});

test('closing with the pods ends them and the runtime within seconds', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', {
    terminationGracePeriodSeconds: 600,
    containers: [sh('c', 'trap "" TERM; while :; do sleep 0.05; done')],
  });
  await node.until(() => node.container('p')?.state.running);
  const begun = performance.now();
  await node.kubelet.close({ stopPods: true });
  assert.ok(performance.now() - begun < 60_000);
  assert.equal(readAddress(node.directory), undefined);
});

test('what a pod asks for and does not get is named in one warning, not once for each container and restart', async (t) => {
  const node = await KubeletFixture.start(t);
  const withTerminal = (name: string) => ({ ...sh(name, 'exit 1'), tty: true });
  node.add('p', { containers: [withTerminal('a'), withTerminal('b')] });
  await node.until(() => (node.container('p', 'b')?.restartCount ?? 0) >= 1);
  const warnings = node.api.events.filter(({ reason }) => reason === 'NotHonoured');
  assert.deepEqual(
    warnings.map(({ type, message }) => [type, message]),
    [['Warning', "The sandbox's node does not honour these fields of spec: containers[a].tty, containers[b].tty"]],
  );
});

const asRoot = { skip: root ? false : 'only root may change the user' };

test('a pod runs as its securityContext says, and can write its volume and its last words', asRoot, async (t) => {
  const node = await KubeletFixture.start(t);
  const script = 'id -u; echo "$HOME"; echo kept > /data/file && cat /data/file; echo bye > /dev/termination-log';
  const container = { ...sh('c', script), volumeMounts: unshares ? [{ name: 'v', mountPath: '/data' }] : [] };
  node.add('p', {
    restartPolicy: 'Never',
    securityContext: { runAsUser: 1234, runAsNonRoot: true },
    volumes: [{ name: 'v', emptyDir: {} }],
    containers: [container],
  });
  node.add('q', { securityContext: { runAsNonRoot: true }, containers: [sh('c', 'id -u')] });
  await node.until(() => node.status('p')?.phase === 'Succeeded');
  assert.equal(textOf(readFileSync(join(node.logDirectory('p'), 'c', '0.log')), 'stdout'), '1234\n/\nkept\n');
  assert.equal(node.container('p')?.state.terminated?.message, 'bye\n');
  await node.until(() => node.container('q')?.state.waiting?.reason === 'CreateContainerConfigError');
});

test('after a crash of the runtime a pod begins with its init containers, as after one of its node', async (t) => {
  const node = await KubeletFixture.start(t);
  node.add('p', { initContainers: [sh('i', 'echo prepared')], containers: [sh('c', forever)] });
  await node.until(() => node.container('p')?.ready);
  process.kill(readAddress(node.directory)!.pid, 'SIGKILL');
  await node.until(() => node.container('p')?.restartCount === 1 && node.container('p')?.ready);
  const init = node.container('p', 'i')!;
  assert.deepEqual([init.restartCount, init.state.terminated?.exitCode], [1, 0]);
});
