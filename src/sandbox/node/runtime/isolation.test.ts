import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { isolated, type Probe, probeIsolation } from './isolation.ts';

const refusing =
  (refused: (command: string, args: string[]) => string | undefined): Probe =>
  async (command, args) =>
    refused(command, args);

test('where everything is allowed, containers get mount and pid namespaces', async () => {
  const isolation = await probeIsolation(
    true,
    refusing(() => undefined),
  );
  const kept = { pids: true, users: false, proc: true, identities: true, parentDeathSignal: true };
  assert.deepEqual(isolation, { mounts: true, ...kept });
});

test('an ordinary user goes through a user namespace', async () => {
  const asked: string[][] = [];
  const probe: Probe = async (_command, args) => void asked.push(args);
  const isolation = await probeIsolation(false, probe);
  assert.ok(isolation.users && isolation.mounts && !isolation.identities);
  assert.ok(asked.filter((args) => args.includes('-m')).every((args) => args.includes('-U')));
  assert.ok(isolated(isolation, ['true']).includes('-U'));
});

test('where mounts are refused, pid namespaces are still used and the reason says what to do', async () => {
  const probe = refusing((_, args) =>
    args.includes('-m') ? 'unshare: unshare failed: Operation not permitted' : undefined,
  );
  const isolation = await probeIsolation(false, probe);
  assert.equal(isolation.mounts, false);
  assert.equal(isolation.pids, true);
  assert.match(isolation.reason ?? '', /Operation not permitted.*unprivileged_userns_clone/);
});

test('without unshare, containers are plain process groups and the reason names the package', async () => {
  const isolation = await probeIsolation(
    true,
    refusing((command) => (command === 'unshare' ? 'spawn unshare ENOENT' : undefined)),
  );
  assert.deepEqual([isolation.mounts, isolation.pids], [false, false]);
  assert.match(isolation.reason ?? '', /install util-linux/);
  assert.deepEqual(isolated(isolation, ['true']), ['setpriv', '--pdeathsig', 'KILL', '--', 'true']);
});

test("a killed container's end is told by its status and adds nothing to what it said", () => {
  const everything = { mounts: true, pids: true, users: false, proc: true, identities: true, parentDeathSignal: false };
  const command = isolated(everything, ['/bin/sh', '-c', 'echo out; echo err >&2; kill -9 $$']);
  // What stays behind, without the namespaces that not everybody may make.
  const [program, ...args] = command.slice(command.indexOf('--') + 1);
  const { status, stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8' });
  assert.deepEqual({ status, stdout, stderr }, { status: 137, stdout: 'out\n', stderr: 'err\n' });
});
