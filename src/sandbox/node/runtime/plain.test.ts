import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import type { ContainerRequest } from './protocol.ts';
import { Runtime } from './runtime.ts';
import { textOf, until } from './runtime-fixture.ts';

const plain = { mounts: false, pids: false, users: false, proc: false, identities: false, parentDeathSignal: false };

function open(directory: string): Runtime {
  return new Runtime({ directory, isolation: plain, log: silentLogger, nowMs: Date.now, onChange: () => {} });
}

function setUp(t: TestContext): { directory: string; runtime: Runtime; request: (script: string) => ContainerRequest } {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-plain-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const labels = {
    podUid: 'u',
    podNamespace: 'n',
    podName: 'p',
    name: 'c',
    attempt: 0,
    kind: 'regular',
    specHash: '',
  } as const;
  const request = (script: string): ContainerRequest => ({
    ...labels,
    id: 'a'.repeat(64),
    argv: ['sh', '-c', script],
    env: [['PATH', '/usr/bin:/bin']],
    workingDir: '/',
    hostname: 'p',
    mounts: [],
    logPath: join(directory, 'log', '0.log'),
    logSizeBytesMax: 1_000_000,
    logFilesMax: 5,
  });
  return { directory, runtime: open(directory), request };
}

const isListed = (marker: string) => spawnSync('ps', ['-eo', 'args']).stdout.toString().includes(`sleep ${marker}`);

test('without namespaces a container is a process group, and what it left running ends with it', async (t) => {
  const { runtime, request, directory } = setUp(t);
  const marker = `${40_000 + (process.pid % 1000)}.25`;
  const { id } = await runtime.start(request(`sleep ${marker} & echo up; exit 5`));
  await until(() => runtime.list()[0]?.state === 'exited');
  assert.equal(runtime.list()[0]?.exitCode, 5);
  assert.equal(textOf(readFileSync(join(directory, 'log', '0.log')), 'stdout'), 'up\n');
  await until(() => !isListed(marker));
  runtime.remove(id, true);
  assert.deepEqual(runtime.list(), []);
});

test('what outlived a runtime that was killed is ended by the next one', async (t) => {
  const { runtime, request, directory } = setUp(t);
  const marker = `${50_000 + (process.pid % 1000)}.25`;
  await runtime.start(request(`sleep ${marker} & sleep ${marker}`));
  assert.ok(isListed(marker));
  // The first one stands for a runtime that is gone without having said so.
  const next = open(directory);
  await until(() => !isListed(marker));
  assert.deepEqual([next.list()[0]?.state, next.list()[0]?.exitCode], ['exited', 255]);
  await until(() => runtime.list()[0]?.state === 'exited');
});
