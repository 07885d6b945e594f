import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AgentWorld, numbers, until } from './agent-harness.ts';

const NOBODY = 65534;
let world: AgentWorld;

beforeEach(async () => {
  world = await AgentWorld.open();
});

afterEach(() => world.close());

test('what cannot be read is skipped and counted, and the rest goes on', async () => {
  world.write(numbers(0, 3));
  const odd = (name: string) => join(world.root, name);
  mkdirSync(odd('lost+found'));
  mkdirSync(odd('a_b_c/container'), { recursive: true });
  symlinkSync(odd('loop_b_c'), odd('loop_a_c'));
  symlinkSync(odd('loop_a_c'), odd('loop_b_c'));
  writeFileSync(join(odd('a_b_c/container'), 'notes.txt'), 'x');
  symlinkSync('0.log', join(odd('a_b_c/container'), '0.log'));
  writeFileSync(join(world.home, 'abc-json.log'), '{"log":"docker\\n"}\n');
  symlinkSync(join(world.home, 'abc-json.log'), join(odd('a_b_c/container'), '1.log'));
  symlinkSync(join(world.home, 'nowhere'), join(odd('a_b_c/container'), '2.log'));
  mkdirSync(join(odd('a_b_c/container'), '3.log'));
  writeFileSync(join(odd('a_b_c/container'), '4.log.20260101-000000.gz'), 'not gzip');
  await world.start();
  await until('the good lines', () => world.texts().length === 3);
  const exposition = world.metrics.exposition();
  for (const kind of ['odd-name', 'symlink-loop', 'docker-json', 'dangling-symlink', 'not-a-file', 'unreadable']) {
    assert.match(exposition, new RegExp(`troubles_total\\{kind="${kind}"\\} [1-9]`), kind);
  }
});

test('a file without read permission is said, and read when it may be', async () => {
  world.write(numbers(0, 3));
  const becomeRootAgain = becomeOrdinary();
  try {
    chmodSync(world.path(), 0o000);
    await world.start({ settings: { reconcileMs: 200 } });
    await until('it was said', () => world.metric('taffrail_agent_troubles_total') > 0);
    assert.deepEqual(world.texts(), []);
    chmodSync(world.path(), 0o644);
    await until('the lines', () => world.texts().length === 3, 20_000);
  } finally {
    becomeRootAgain();
  }
});

test('a file that vanishes before it may be read is told as a gap', async () => {
  world.write(numbers(0, 3));
  const becomeRootAgain = becomeOrdinary();
  try {
    await world.start();
    await until('the lines', () => world.texts().length === 3);
    renameSync(world.path(), `${world.path()}.20260102-030400`);
    writeFileSync(`${world.path()}.tmp`, 'secret', { mode: 0o000 });
    renameSync(`${world.path()}.tmp`, world.path());
    await until('it was said', () => world.metric('taffrail_agent_troubles_total') > 0);
    rmSync(world.path());
    await until('a gap', () => world.server.gaps().length > 0);
    const [gap] = world.server.gaps();
    assert.deepEqual([gap!.reason, gap!.segment, gap!.to], ['unreadable', null, null]);
  } finally {
    becomeRootAgain();
  }
});

/** Root may read everything; as somebody else this process finds out what an agent without that right sees. */
function becomeOrdinary(): () => void {
  if (process.getuid?.() !== 0) return () => {};
  execFileSync('chown', ['-R', String(NOBODY), world.home]);
  process.seteuid?.(NOBODY);
  return () => process.seteuid?.(0);
}

test('malformed lines, NUL and invalid UTF-8 are kept as they are', async () => {
  const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a]);
  writeFileSync(
    world.path(),
    Buffer.concat([Buffer.from(world.records(['good'])), bytes, Buffer.from(world.records(['after']))]),
  );
  await world.start();
  await until('the lines', () => world.texts().length === 3);
  const [, malformed] = world.server.lines('app');
  assert.deepEqual(malformed!.text, bytes.subarray(0, 4));
  assert.equal(malformed!.flags, 4);
  assert.equal(world.metric('taffrail_agent_malformed_lines_total'), 1);
});

test('a line of 64 MiB takes no memory to speak of, is cut, and all of it is covered', async () => {
  world.write(['before']);
  const fd = openSync(world.path(), 'a');
  writeSync(fd, '2026-01-02T03:04:06Z stdout F ');
  const megabyte = Buffer.alloc(1 << 20, 'x');
  for (let i = 0; i < 64; i++) writeSync(fd, megabyte);
  writeSync(fd, '\n');
  closeSync(fd);
  world.write(['after']);
  const before = process.memoryUsage.rss();
  await world.start();
  await until('the lines', () => world.texts().length === 3, 20_000);
  const [, long] = world.server.lines('app');
  assert.equal(long!.text.length, 256 * 1024);
  assert.equal(long!.flags, 2);
  assert.ok(process.memoryUsage.rss() - before < 48 << 20);
  await until('no lag', () => world.metric('taffrail_agent_lag_bytes') === 0);
});

test('half a record at the end of a file waits for its other half', async () => {
  const [record] = world.records(['whole line']).split('\n');
  writeFileSync(world.path(), record!.slice(0, 10));
  await world.start();
  await sleep(200);
  appendFileSync(world.path(), record!.slice(10, 45));
  await sleep(200);
  assert.deepEqual(world.texts(), []);
  appendFileSync(world.path(), `${record!.slice(45)}\n`);
  await until('the line', () => world.texts().length === 1);
  assert.deepEqual(world.texts(), ['whole line']);
});

test('a damaged compressed file is a gap', async () => {
  world.write(numbers(0, 1000));
  const rotated = world.rotate();
  world.write(numbers(1000, 1003));
  const path = world.compress(rotated);
  const whole = gzipSync(Buffer.from(world.records(numbers(0, 5000))));
  writeFileSync(path, whole.subarray(0, whole.length / 2));
  await world.start();
  await until('the live file', () => world.texts().includes('line 1002'));
  await until('a gap', () => world.server.gaps().length > 0);
  assert.equal(world.server.gaps()[0]!.reason, 'unreadable');
});

test('clocks that go backwards and attempts that jump lose nothing', async () => {
  appendFileSync(world.path(), '2030-01-01T00:00:00Z stdout F future\n2020-01-01T00:00:00Z stdout F past\n');
  await world.start();
  await until('two lines', () => world.texts().length === 2);
  world.rotate();
  appendFileSync(world.path(), '2010-01-01T00:00:00Z stdout F long past\n');
  await until('three lines', () => world.texts().length === 3);
  writeFileSync(world.path(7), '2010-01-01T00:00:00Z stdout F seventh\n');
  await until('the jump', () => world.texts(7).length === 1);
  assert.deepEqual(world.texts().sort(), ['future', 'long past', 'past']);
});

test('a server that refuses, asks for patience or goes away loses nothing', async () => {
  await world.start();
  for (const status of [503, 429, 500, 401]) {
    world.server.failWith = status;
    world.write(numbers(status, status + 5));
    await until('it was tried', () => world.metric('taffrail_agent_server_unavailable') === 1);
    world.server.failWith = null;
    await until(`lines after ${status}`, () => world.texts().includes(`line ${status + 4}`));
  }
  assert.equal(world.texts().length, 20);
});

test('an answer that never came does not double anything', async () => {
  await world.start({ settings: { requestTimeoutMs: 150 } });
  let release = () => {};
  world.server.stallAfter = new Promise((resolve) => {
    release = resolve;
  });
  world.write(numbers(0, 10));
  await sleep(400);
  world.server.stallAfter = null;
  release();
  await until('no lag', () => world.metric('taffrail_agent_lag_bytes') === 0 && world.texts().length >= 10);
  assert.deepEqual(world.texts(), numbers(0, 10));
});
