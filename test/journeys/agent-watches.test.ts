import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentWorld, numbers, until } from './agent-harness.ts';
import { taffrail } from './processes.ts';

/** So seldom that in these tests only the kernel's events tell anything. */
const eventsAlone = { reconcileMs: 3_600_000 };
/** Longer than a file that has been written to is looked at often. */
const QUIET_MS = 1500;

let world: AgentWorld;

beforeEach(async () => {
  world = await AgentWorld.open();
});

afterEach(() => world.close());

test('what is written to a quiet file is told by the kernel', async () => {
  world.write(numbers(0, 3));
  await world.start({ settings: eventsAlone });
  await until('the first lines', () => world.texts().length === 3);
  for (let i = 3; i < 6; i++) {
    await sleep(QUIET_MS);
    world.write(numbers(i, i + 1));
    await until(`line ${i}`, () => world.texts().length === i + 1, 20_000);
  }
  assert.equal(world.metric('taffrail_agent_unwatched_directories'), 0);
});

test('a quiet file that is rotated, and one that is written to fast, lose nothing', async () => {
  world.write(numbers(0, 3));
  await world.start({ settings: eventsAlone });
  await until('the first lines', () => world.texts().length === 3);
  await sleep(QUIET_MS);
  world.rotate();
  world.write(numbers(3, 5));
  await until('the lines after the rotation', () => world.texts().length === 5, 20_000);
  for (let i = 5; i < 105; i++) {
    world.write(numbers(i, i + 1));
    if (i % 30 === 0) world.rotate();
    await sleep(5);
  }
  await until('the lines of the burst', () => world.texts().length === 105);
  await sleep(QUIET_MS);
  world.write(numbers(105, 106));
  await until('the line after the burst', () => world.texts().length === 106, 20_000);
  assert.deepEqual(world.texts(), numbers(0, 106));
});

test('a container directory, and a pod directory, that are deleted and made again at once are read on', async () => {
  world.write(numbers(0, 3));
  await world.start({ settings: eventsAlone });
  await until('the first lines', () => world.texts().length === 3);
  for (const directory of [world.directory('app'), join(world.root, world.podName)]) {
    await sleep(QUIET_MS);
    rmSync(directory, { recursive: true });
    mkdirSync(world.directory('app'), { recursive: true });
    await sleep(QUIET_MS);
    const before = world.server.instances.size;
    world.write(['born again']);
    await until('the line of the new instance', () => world.server.instances.size === before + 1, 20_000);
    await until('its text', () => world.texts().includes('born again'), 20_000);
  }
});

/** A user's own limits can be set in a user namespace. */
const limited = ['-Ur', 'sh', '-c', 'echo "$1" > /proc/sys/user/max_inotify_watches && shift && exec "$@"', 'sh'];
const canLimit =
  existsSync('/proc/sys/user/max_inotify_watches') && spawnSync('unshare', [...limited, '3', 'true']).status === 0;

test('where the kernel gives no more watches, all is read all the same, and it is said once', {
  skip: !canLimit && 'this user may not make a user namespace',
}, async () => {
  for (const container of ['app', 'db', 'cache']) {
    mkdirSync(world.directory(container), { recursive: true });
    world.write(numbers(0, 3), { container });
  }
  const args = ['agent', '--log-root', world.root, '--to', world.server.url.href, '--data-dir', join(world.home, 'a')];
  const child = spawn('unshare', [...limited, '3', taffrail, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = new Promise((resolve) => child.on('close', resolve));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  try {
    const all = (lines: number) => () => ['app', 'db', 'cache'].every((name) => world.texts(0, name).length === lines);
    await until('the first lines', all(3), 20_000);
    await sleep(6000);
    for (const container of ['app', 'db', 'cache']) world.write(numbers(3, 5), { container });
    await until('the lines that were written later', all(5), 15_000);
    assert.equal(said.split('fs.inotify.max_user_watches').length - 1, 1, said);
  } finally {
    child.kill();
    await closed;
  }
});
