import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readAddress } from './runtime-address.ts';
import { RuntimeFixture, until } from './runtime-fixture.ts';

const allowed =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', ['--reuid', '65534', '--clear-groups', '--bounding-set', '-all', 'true']).status === 0;
const asRoot = { skip: allowed ? false : 'only root may change the user' };
const forever = 'while :; do sleep 0.05; done';

test('a container runs as the user, group and groups it is given, and may open its own streams', asRoot, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const script = 'id -u; id -g; id -G; echo again > /dev/stdout; echo wrong > /dev/stderr';
  await runtime.run('c', script, { identity: { user: { uid: 1234, gid: 2345, groups: [77, 88] } } });
  assert.equal((await runtime.ended('c')).exitCode, 0);
  assert.equal(runtime.output('c'), '1234\n2345\n2345 77 88\nagain\n');
  assert.equal(runtime.output('c', 'stderr'), 'wrong\n');
});

test('what is dropped is gone even for root, and no program gives more', asRoot, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const script = 'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status';
  const identity = { drop: ['-all', '+net_bind_service'], noNewPrivileges: true };
  await runtime.run('c', script, { identity });
  await runtime.ended('c');
  const netBindService = '0000000000000400';
  assert.equal(runtime.output('c'), `CapEff:\t${netBindService}\nCapBnd:\t${netBindService}\nNoNewPrivs:\t1\n`);
});

test('a capability that does not exist is a start error that names it', asRoot, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  await assert.rejects(runtime.run('c', 'true', { identity: { drop: ['-no_such'] } }), /no_such/);
});

test('a command in the container runs as the container does', asRoot, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const { id } = await runtime.run('c', forever, { identity: { user: { uid: 1234, gid: 2345, groups: [] } } });
  const { output } = await runtime.client.call('exec', { id, argv: ['id', '-u'], timeoutMs: 5000 });
  assert.equal(output, '1234\n');
});

test("a container of another user ends with its runtime, as root's does", asRoot, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const { pid } = await runtime.run('c', forever, { identity: { user: { uid: 1234, gid: 2345, groups: [] } } });
  process.kill(readAddress(runtime.directory)!.pid, 'SIGKILL');
  await until(() => !isRunning(pid!));
  await runtime.connect();
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
