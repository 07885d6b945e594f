import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { textOf } from './cri-text.ts';
import {
  atEnd,
  type Cleanup,
  Running,
  run,
  runWell,
  startAgent,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from './processes.ts';

const pod = 'default_web-0_11111111-2222-4333-8444-555555555555';
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'containerd-1.6.20');

/** A node's log directory that the test writes itself. */
function containerDirectory(logRoot: string, container: string): string {
  const directory = join(logRoot, pod, container);
  mkdirSync(directory, { recursive: true });
  return directory;
}

function record(text: string, atMs: number, stream = 'stdout'): string {
  return `${new Date(atMs).toISOString().slice(0, -1)}000001Z ${stream} F ${text}\n`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The data directory of a server that has what was read once from a log directory. */
async function serverWith(t: Cleanup, logRoot: string): Promise<string> {
  const directory = temporaryDirectory(t, 'logs');
  const dataDir = join(directory, 'server');
  const { process: server, url } = await startServing('server', dataDir);
  atEnd(t, () => server.stop());
  const agentDir = join(directory, 'agent');
  await runWell(taffrail, ['agent', '--once', '--log-root', logRoot, '--to', url, '--data-dir', agentDir]);
  return dataDir;
}

/** What `taffrail logs` prints of it. */
async function stored(t: Cleanup, logRoot: string) {
  const dataDir = await serverWith(t, logRoot);
  return (...args: string[]) => run(taffrail, [...args, '--data-dir', dataDir]);
}

test('what containerd wrote is printed to the byte, container by container', async (t) => {
  const command = await stored(t, fixtures);
  const [directory] = readdirSync(fixtures).filter((name) => name.startsWith('default_fixtures_'));
  for (const container of readdirSync(join(fixtures, directory!))) {
    const [out, err] = await Promise.all(
      (['stdout', 'stderr'] as const).map((stream) =>
        command('logs', 'fixtures', '-c', container, '--instance', '0', '--stream', stream),
      ),
    );
    const logs = join(fixtures, directory!, container);
    assert.deepEqual(out!.stdout, textOf(logs, 0, 'stdout'), container);
    assert.deepEqual(err!.stdout, textOf(logs, 0, 'stderr'), container);
  }
});

test('a container that crashed five times: every instance, in order, and the table of them', async (t) => {
  const logRoot = temporaryDirectory(t, 'root');
  const app = containerDirectory(logRoot, 'app');
  const start = Date.UTC(2026, 0, 1);
  for (let attempt = 0; attempt < 5; attempt++) {
    const lines = [`attempt ${attempt} begins`, `panic: ${attempt}`];
    appendFileSync(
      join(app, `${attempt}.log`),
      lines.map((line, i) => record(line, start + attempt * 60_000 + i)).join(''),
    );
  }
  const command = await stored(t, logRoot);
  const text = async (...args: string[]) => (await command('logs', 'web-0', ...args)).stdout.toString();
  const all = Array.from({ length: 5 }, (_, attempt) => `attempt ${attempt} begins\npanic: ${attempt}\n`);
  assert.equal(await text('--instance', 'all'), all.join(''));
  assert.equal(await text(), all[4]);
  assert.equal(await text('-p'), all[3]);
  assert.equal(await text('--instance', '-4'), all[0]);
  assert.equal(
    await text('--instance', '2', '--tail', '1', '--timestamps'),
    '2026-01-01T00:02:00.001000001Z panic: 2\n',
  );
  assert.equal(
    await text('--instance', 'all', '--grep', '^panic', '--tail', '-1', '--limit-bytes', '20'),
    'panic: 0\npanic: 1\npa',
  );
  const { stdout } = await command('instances', 'web-0');
  const rows = stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((row) => row.split(/ {3,}/));
  assert.deepEqual(rows[0]?.slice(0, 3), ['POD', 'CONTAINER', 'INSTANCE']);
  assert.deepEqual(
    rows.slice(1).map((row) => row[2]),
    ['0', '1', '2', '3', '4'],
  );
  assert.equal(await text('-f', '--limit-bytes', '6'), 'attemp');
  const missing = await command('logs', 'nope');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^error: pods "nope" not found\nhint: nothing of a pod of this name is stored: .*\n$/);
  const unlisted = await command('instances', 'deploy/nope');
  assert.deepEqual([unlisted.code, unlisted.stdout.toString()], [1, '']);
  assert.match(unlisted.stderr, /^error: deployment "nope" not found\nhint: nothing of it is stored: .*\n$/);
  const noneHere = await command('instances', '-l', 'app=nope');
  assert.deepEqual([noneHere.code, noneHere.stderr], [0, 'No instances found in default namespace.\n']);
  const wrong = await command('logs', 'web-0', '--tail', '-2');
  assert.equal(wrong.code, 2);
});

test('a line that was cut at the limit is said on stderr', async (t) => {
  const logRoot = temporaryDirectory(t, 'root');
  const app = containerDirectory(logRoot, 'app');
  appendFileSync(
    join(app, '0.log'),
    record('x'.repeat(300 * 1024), Date.UTC(2026, 0, 1)) + record('next', Date.UTC(2026, 0, 1)),
  );
  const { stdout, stderr, code } = await (await stored(t, logRoot))('logs', 'web-0');
  assert.equal(code, 0);
  assert.equal(stdout.toString(), `${'x'.repeat(256 * 1024)}\nnext\n`);
  assert.match(stderr, /taffrail: incomplete: 1 of these lines were longer than the agent takes, and are cut\n/);
});

test('following goes on over rotation, a crashed server and a restarted container: every line once, in order', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory(t, 'follow');
  const logRoot = join(directory, 'pods');
  const app = containerDirectory(logRoot, 'app');
  const dataDir = join(directory, 'server');
  const port = String(await freePort());
  let { process: server, url } = await startServing('server', dataDir, ['--port', port]);
  atEnd(t, () => server.stop());
  const agent = startAgent(logRoot, url, join(directory, 'agent'));
  atEnd(t, () => agent.stop());
  let written = 0;
  const write = (file: string, count: number) => {
    for (let i = 0; i < count; i++) appendFileSync(join(app, file), record(`line ${written++}`, Date.now()));
  };
  write('0.log', 50);
  const stored = () => run(taffrail, ['logs', 'web-0', '--data-dir', dataDir]);
  await until('the first lines are stored', async () => (await stored()).stdout.includes('line 49\n'));
  const following = new Running(taffrail, ['logs', '-f', 'web-0', '--data-dir', dataDir]);
  atEnd(t, () => following.stop());
  const shown = (number: number) =>
    until(`line ${number} is shown`, () => following.stdout.includes(`line ${number}\n`), 30_000);
  await shown(49);
  write('0.log', 20);
  renameSync(join(app, '0.log'), join(app, '0.log.20260101-000000'));
  write('0.log', 20);
  await shown(written - 1);
  for (let crash = 0; crash < 3; crash++) {
    await server.stop('SIGKILL');
    write('0.log', 15);
    ({ process: server } = await startServing('server', dataDir, ['--port', port]));
    write('0.log', 15);
    await shown(written - 1);
  }
  write('1.log', 10);
  await shown(written - 1);
  const { stdout } = await following.stop('SIGINT');
  assert.equal(stdout.toString(), Array.from({ length: written }, (_, i) => `line ${i}\n`).join(''));
});

test('a reader that has seen enough ends the command quietly, also while it follows', async (t) => {
  const logRoot = temporaryDirectory(t, 'root');
  const app = containerDirectory(logRoot, 'app');
  const lines = Array.from({ length: 200_000 }, (_, i) => record(`line ${i} of many`, Date.UTC(2026, 0, 1) + i));
  appendFileSync(join(app, '0.log'), lines.join(''));
  const dataDir = await serverWith(t, logRoot);
  for (const flags of ['', '-f', '-o json', '--timestamps']) {
    const line = `{ "$0" logs web-0 ${flags} --data-dir "$1"; echo "exit $?" >&2; } | head -n 2 | wc -l`;
    const { stdout, stderr } = await runWell('sh', ['-c', line, taffrail, dataDir]);
    assert.equal(stdout.toString().trim(), '2');
    assert.equal(stderr, 'exit 0\n', flags);
  }
});

test('a workload that has written nothing yet is waited for when it is followed, and that is said once', async (t) => {
  const logRoot = temporaryDirectory(t, 'root');
  containerDirectory(logRoot, 'app');
  const logs = await stored(t, logRoot);
  const message = 'no logs of deployment "late" are stored';
  const begunMs = Date.now();
  const { code, stderr } = await logs('logs', 'deploy/late', '-f', '--pod-running-timeout', '2s');
  assert.ok(Date.now() - begunMs >= 2000);
  assert.equal(code, 1);
  assert.equal(stderr.split('waiting up to 2s for a pod').length, 2, stderr);
  assert.equal(stderr.split(message).length, 3, stderr);
  const unfollowed = await logs('logs', 'deploy/late');
  assert.equal(unfollowed.code, 1);
  assert.doesNotMatch(unfollowed.stderr, /waiting/);
});
