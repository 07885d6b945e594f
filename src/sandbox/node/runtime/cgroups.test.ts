import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { measureCgroup } from '../stats/cgroup-container.ts';
import { readKernelFile } from '../stats/proc-files.ts';
import { Cgroups, entrancesOf } from './cgroups.ts';
import type { CgroupPlacement, ContainerRecord } from './protocol.ts';
import { RuntimeFixture, until } from './runtime-fixture.ts';

const probed = Cgroups.open();
if (typeof probed !== 'string') probed.close();
const accounted = { skip: typeof probed === 'string' ? `no cgroups: ${probed}` : false };

function directoriesOf({ cgroup }: ContainerRecord): string[] {
  return Object.values((cgroup as CgroupPlacement).directories);
}

test('a container that takes more memory than its limit is killed, and it is said why', accounted, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const resources = { memoryLimitBytes: 32 * 1024 * 1024 };
  await runtime.run('c', 'exec dd if=/dev/zero of=/dev/null bs=100M count=1', { resources });
  const { exitCode, reason, cgroup } = await runtime.ended('c');
  assert.deepEqual([exitCode, reason], [137, 'OOMKilled']);
  assert.equal(cgroup?.limits.memoryLimitBytes, resources.memoryLimitBytes);
});

test(
  'all that ever ran in a container counts: children that have ended, orphans, and what exec ran',
  accounted,
  async (t) => {
    const runtime = await RuntimeFixture.start(t);
    const burn = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done';
    const record = await runtime.run('c', `(setsid sh -c '${burn}' &) ; echo begun; exec sleep 60`);
    const cgroup = record.cgroup as CgroupPlacement;
    const seconds = () => measureCgroup(cgroup, readKernelFile, Date.now)?.cpu.totalSeconds ?? 0;
    const processes = () => measureCgroup(cgroup, readKernelFile, Date.now)?.processes;
    await until(() => processes() === 1);
    const ofOrphan = seconds();
    assert.ok(ofOrphan > 0.05, `only ${ofOrphan} s`);
    await runtime.client.call('exec', { id: record.id, argv: ['sh', '-c', burn], timeoutMs: 20_000 });
    assert.ok(seconds() - ofOrphan > 0.05, `only ${seconds() - ofOrphan} s`);
  },
);

test("a container's groups go when it is removed, and the runtime's with the runtime", accounted, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const record = await runtime.run('c', 'exit 0');
  await runtime.ended('c');
  assert.ok(
    directoriesOf(record).every((path) => existsSync(path)),
    'they can be read after the end',
  );
  await runtime.client.call('remove', { id: record.id, logs: true });
  assert.ok(!directoriesOf(record).some((path) => existsSync(path)));
  await runtime.client.call('shutdown', { graceMs: 0 });
  await until(() => !directoriesOf(record).some((path) => existsSync(dirname(path))));
});

test('what a killed runtime left is swept up by the next one', accounted, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const record = await runtime.run('c', 'exec sleep 60');
  const { pid } = await runtime.client.call('version', {});
  process.kill(pid, 'SIGKILL');
  await runtime.client.closed;
  await until(() => entrancesOf(record.cgroup as CgroupPlacement).every((path) => readFileSync(path, 'utf8') === ''));
  await runtime.connect();
  assert.ok(!directoriesOf(record).some((path) => existsSync(dirname(path))));
});
