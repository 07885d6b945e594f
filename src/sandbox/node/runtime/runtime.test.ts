import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readAddress } from './runtime-address.ts';
import { RuntimeFixture, textOf, until, volume } from './runtime-fixture.ts';

const root = process.getuid?.() === 0;
const unshares = spawnSync('unshare', [...(root ? [] : ['-Ur']), '-mpf', 'true']).status === 0;
const isolated = { skip: unshares ? false : 'mount namespaces are not allowed here' };

test('a container gets its arguments, environment and directory, and both streams end up in its log', async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const script =
    'echo "$0 $1"; echo "$A"; pwd; echo to stderr >&2; echo through /dev/stdout > /dev/stdout; printf unfinished; exit 3';
  const request = runtime.request('c', ['sh', '-c', script, "it's", 'a "b" $c'], {
    env: [
      ['PATH', '/usr/bin:/bin'],
      ['A', "x'y\nz"],
    ],
    workingDir: '/tmp',
  });
  await runtime.client.call('start', request);
  const record = await runtime.ended('c');
  assert.deepEqual([record.exitCode, record.reason], [3, 'Error']);
  assert.equal(runtime.output('c'), 'it\'s a "b" $c\nx\'y\nz\n/tmp\nthrough /dev/stdout\nunfinished');
  assert.equal(runtime.output('c', 'stderr'), 'to stderr\n');
  assert.match(readFileSync(runtime.logPath('c'), 'utf8'), /^[^ ]+Z stdout P unfinished\n/m);
});

test("a secret in the environment is in no process's arguments and in no file that stays", async (t) => {
  const runtime = await RuntimeFixture.start(t);
  await runtime.run('c', 'sleep 60', {
    env: [
      ['PATH', '/usr/bin:/bin'],
      ['TOKEN', 'very-secret-word'],
    ],
  });
  const processes = spawnSync('ps', ['-eo', 'args']).stdout.toString();
  assert.ok(!processes.includes('very-secret-word'));
  assert.equal(spawnSync('grep', ['-r', 'very-secret-word', runtime.directory]).status, 1);
});

test('a program that does not exist, and a directory that does not, are start errors with the reason', async (t) => {
  const runtime = await RuntimeFixture.start(t);
  await assert.rejects(
    runtime.client.call('start', runtime.request('c', ['no-such-program'])),
    /"no-such-program": executable file not found in \$PATH/,
  );
  await assert.rejects(
    runtime.client.call('start', runtime.request('d', ['true'], { workingDir: '/no/such' })),
    /no\/such/,
  );
  const record = await runtime.ended('c');
  assert.deepEqual([record.exitCode, record.reason], [128, 'StartError']);
});

test('stopping sends SIGTERM and, after the grace, SIGKILL; a shorter grace shortens an earlier one', async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const ready = (id: string) =>
    until(() => existsSync(runtime.logPath(id)) && runtime.output(id).startsWith('ready\n'));
  const polite = await runtime.run('polite', 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
  await ready('polite');
  assert.equal((await runtime.client.call('stop', { id: polite.id, graceMs: 10_000 })).exitCode, 0);
  assert.equal(runtime.output('polite'), 'ready\nbye\n');
  const stubborn = await runtime.run('stubborn', 'trap "" TERM; echo ready; while :; do sleep 0.05; done');
  await ready('stubborn');
  const first = runtime.client.call('stop', { id: stubborn.id, graceMs: 60_000 });
  const begun = performance.now();
  const ended = await runtime.client.call('stop', { id: stubborn.id, graceMs: 100 });
  assert.ok(performance.now() - begun < 30_000);
  assert.equal(ended.exitCode, 137);
  assert.equal((await first).exitCode, 137);
});

test('the container is process 1, and what it left running ends with it', isolated, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const marker = `${30_000 + (process.pid % 1000)}.5`;
  await runtime.run('c', `echo pid $$; (sleep ${marker} &); ls /proc | grep -c '^[0-9]'`);
  await runtime.ended('c');
  assert.match(runtime.output('c'), /^pid 1\n[1-9]\n$/);
  await until(() => !spawnSync('ps', ['-eo', 'args']).stdout.toString().includes(`sleep ${marker}`));
});

test(
  'volumes appear at their paths, also where the host has no such path, and the host is left alone',
  isolated,
  async (t) => {
    const runtime = await RuntimeFixture.start(t);
    const one = mkdtempSync(join(tmpdir(), 'taffrail-volume-'));
    t.after(() => rmSync(one, { recursive: true }));
    mkdirSync(join(one, 'sub'));
    writeFileSync(join(one, 'file'), 'from the host');
    const hostLogs = readdirSync('/var/log').sort();
    const mounts = [
      volume(one, '/var/log'),
      volume(one, '/no/such/path'),
      volume(one, '/etc/no-such-directory/deep'),
      volume(join(one, 'sub'), '/var/log/sub/deeper'),
      volume(one, '/read-only', { readOnly: true }),
      volume(join(one, 'file'), '/etc/passwd', { file: true }),
      volume(join(one, 'file'), '/dev/termination-log', { file: true }),
    ];
    const script = `echo a > /var/log/a; echo b > /no/such/path/b; echo c > /etc/no-such-directory/deep/c; echo d > /var/log/sub/deeper/d
    touch /read-only/x 2>/dev/null || echo read-only; cat /etc/passwd; echo; test -e /etc/hosts && echo hosts; echo last words > /dev/termination-log; hostname`;
    await runtime.run('c', script, { mounts });
    assert.equal((await runtime.ended('c')).exitCode, 0);
    assert.equal(runtime.output('c'), 'read-only\nfrom the host\nhosts\npod\n');
    assert.deepEqual(readdirSync(one).sort(), ['a', 'b', 'c', 'file', 'sub']);
    assert.deepEqual(readdirSync(join(one, 'sub')).sort(), ['d', 'deeper']);
    assert.equal(readFileSync(join(one, 'file'), 'utf8'), 'last words\n');
    assert.deepEqual(readdirSync('/var/log').sort(), hostLogs);
    assert.ok(!existsSync('/no') && !existsSync('/read-only') && !existsSync('/etc/no-such-directory'));
    assert.ok(!readFileSync('/proc/mounts', 'utf8').includes(runtime.directory));
  },
);

test('exec runs inside the container, tells the exit code and ends at its time-out', isolated, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const { id } = await runtime.run('c', 'echo x > /dev/shm/taffrail-exec-$$; exec sleep 60');
  const result = await runtime.client.call('exec', {
    id,
    argv: ['sh', '-c', 'cat /proc/1/cmdline; echo oops >&2; exit 4'],
    timeoutMs: 5000,
  });
  assert.equal(result.exitCode, 4);
  assert.match(result.output, /^sleep\0/);
  assert.match(result.output, /oops\n$/);
  const slow = await runtime.client.call('exec', { id, argv: ['sleep', '60'], timeoutMs: 100 });
  assert.equal(slow.timedOut, true);
  rmSync('/dev/shm/taffrail-exec-1', { force: true });
});

test('a burst of 40 MiB is rotated at 10 MiB and every byte of it is in the files', async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const bytes = 40 * 1024 * 1024;
  const writer = `seq -f 'a line of a log with its number %0100.0f' 1 1000000 | head -c ${bytes}`;
  await runtime.run('c', writer, { logFilesMax: 8 });
  await runtime.ended('c');
  const directory = join(runtime.directory, 'log', 'pods', 'c');
  await until(() => readdirSync(directory).filter((name) => !name.endsWith('.gz')).length === 2);
  const [current, ...rotated] = readdirSync(directory).sort();
  assert.ok(rotated.length >= 4, String(rotated));
  const hash = createHash('sha256');
  let seen = 0;
  for (const name of [...rotated, current as string]) {
    const file = readFileSync(join(directory, name));
    const text = textOf(name.endsWith('.gz') ? gunzipSync(file) : file, 'stdout');
    seen += text.length;
    hash.update(text);
  }
  assert.equal(seen, bytes);
  const expected = execFileSync('sh', ['-c', `${writer} | sha256sum`])
    .toString()
    .slice(0, 64);
  assert.equal(hash.digest('hex'), expected);
  assert.equal((await runtime.client.call('stats', {})).logBytes, bytes);
});

test('a client that comes back adopts the runtime, and its containers go on under the same pid', async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const started = await runtime.run('c', 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done');
  runtime.client.close();
  await sleep(200);
  assert.equal(await runtime.connect(), true);
  const [record] = await runtime.client.call('list', {});
  assert.deepEqual([record?.pid, record?.state], [started.pid, 'running']);
  await until(() => runtime.output('c').split('\n').length > 4);
  await runtime.client.call('stop', { id: started.id, graceMs: 0 });
  const numbers = runtime.output('c').trim().split('\n').map(Number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index),
  );
});

test('when the runtime is killed its containers die with it, and the next one says that they were lost', async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const { pid } = await runtime.run('c', 'sleep 600 & wait');
  process.kill(readAddress(runtime.directory)!.pid, 'SIGKILL');
  await runtime.client.closed;
  await until(() => !isRunning(pid));
  assert.equal(await runtime.connect(), false);
  const [record] = await runtime.client.call('list', {});
  assert.deepEqual([record?.state, record?.exitCode, record?.reason], ['exited', 255, 'Unknown']);
});

test('a full log volume holds the container back; when there is room again nothing is missing', {
  skip: !root && 'needs a volume of its own',
}, async (t) => {
  const runtime = await RuntimeFixture.start(t);
  const small = mkdtempSync(join(tmpdir(), 'taffrail-small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
  t.after(() => {
    spawnSync('umount', ['-l', small]);
    rmSync(small, { recursive: true });
  });
  const filler = join(small, 'filler');
  writeFileSync(filler, Buffer.alloc(128 * 1024));
  const logPath = join(small, 'c', '0.log');
  await runtime.run('c', 'i=0; while [ $i -lt 3000 ]; do echo "line number $i"; i=$((i+1)); done', { logPath });
  await until(async () => (await runtime.client.call('stats', {})).pauses > 0);
  const stats = await runtime.client.call('stats', {});
  assert.ok(stats.pendingBytes > 0 && stats.lostBytes === 0);
  rmSync(filler);
  assert.equal((await runtime.ended('c')).exitCode, 0);
  await until(() => textOf(readFileSync(logPath), 'stdout').endsWith('line number 2999\n'));
  const lines = textOf(readFileSync(logPath), 'stdout').trim().split('\n');
  assert.deepEqual(
    lines,
    lines.map((_, index) => `line number ${index}`),
  );
  assert.equal(lines.length, 3000);
});

/** False also for a zombie, which the machine's first process has not reaped yet. */
function isRunning(pid: number | undefined): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('namespaces, volumes and crashes work the same for an ordinary user', {
  skip: !root && 'only root can become somebody else',
}, (t) => {
  const home = mkdtempSync(join(tmpdir(), 'taffrail-nobody-'));
  chownSync(home, 65_534, 65_534);
  t.after(() => rmSync(home, { recursive: true }));
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  if (spawnSync('setpriv', [...nobody, 'unshare', '-Urmpf', 'true']).status !== 0)
    return t.skip('user namespaces are not allowed here');
  const pattern = 'volumes appear|process 1|exec runs|is killed|both streams';
  const self = fileURLToPath(import.meta.url);
  if (spawnSync('setpriv', [...nobody, 'test', '-r', self]).status !== 0)
    return t.skip('an ordinary user may not read this project');
  const result = spawnSync('setpriv', [...nobody, process.execPath, '--test', `--test-name-pattern=${pattern}`, self], {
    env: { PATH: process.env.PATH, TMPDIR: home, HOME: home },
    cwd: home,
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /^ℹ pass 5$/m);
});
