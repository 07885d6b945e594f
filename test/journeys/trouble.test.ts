import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { figuresOf } from '../../bench/runs/process-figures.ts';
import { drained } from '../breaking/apart.ts';
import { numberedLine, sum, verify } from '../breaking/numbered.ts';
import { type Trouble, TroubledProxy } from '../breaking/troubled-proxy.ts';
import { Writer } from '../breaking/writer.ts';
import { atEnd, run, startAgent, startServing, temporaryDirectory, until } from './processes.ts';

const AGENT_BYTES_MAX = 120_000_000;
const WRITERS = 4;
const TICK_MS = 10;

test('a server that refuses, dawdles, loses its answers or cuts connections loses and doubles nothing', {
  timeout: 120_000,
}, async (t) => {
  const home = temporaryDirectory(t, 'trouble');
  const server = await startServing('server', join(home, 'server'));
  atEnd(t, () => server.process.stop());
  const proxy = new TroubledProxy(server.url);
  const url = await proxy.listen();
  atEnd(t, () => proxy.close());
  const { writers, stop } = startWriters(t, join(home, 'pods'));
  const agent = startAgent(join(home, 'pods'), url, join(home, 'agent'), ['--node-name', 'n', '--cluster', 'c']);
  atEnd(t, () => agent.stop());

  const troubles: Trouble[] = ['refuse', 'lose-answer', 'slow', 'cut'];
  for (const trouble of troubles) {
    await sleep(1000);
    proxy.trouble = trouble;
    await until(`a request meets "${trouble}"`, () => (proxy.met[trouble] ?? 0) > 0);
    await sleep(2500);
    proxy.trouble = 'none';
  }
  stop();
  await assertWhole(server.url, writers);
  assert.match(agent.stderr, /503|refus|unavailable|overload/i, 'the agent says what is going on');
  const { peakResidentBytes } = figuresOf(agent.pid);
  assert.ok(peakResidentBytes <= AGENT_BYTES_MAX, `the agent took ${Math.round(peakResidentBytes / 1e6)} MB`);
});

const DISK_MEBIBYTES = 64;
const root = process.platform === 'linux' && process.getuid?.() === 0;

test('a store whose disk fills says so, takes nothing it cannot keep, and goes on when there is room', {
  skip: root || process.env.CI === 'true' ? false : 'only root can mount a small disk',
  timeout: 120_000,
}, async (t) => {
  const home = temporaryDirectory(t, 'full');
  const disk = join(home, 'disk');
  mkdirSync(disk);
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEBIBYTES}m`, 'tmpfs', disk]);
  if (mounted.code !== 0 && process.env.CI !== 'true')
    return t.skip(`a small disk cannot be mounted here: ${mounted.stderr}`);
  assert.equal(mounted.code, 0, mounted.stderr);
  atEnd(t, () => run('umount', [disk]));
  const server = await startServing('server', join(disk, 'data'));
  atEnd(t, () => server.process.stop());
  const { writers, stop } = startWriters(t, join(home, 'pods'));
  const agent = startAgent(join(home, 'pods'), server.url, join(home, 'agent'), ['--node-name', 'n', '--cluster', 'c']);
  atEnd(t, () => agent.stop());

  await sleep(2000);
  fill(join(disk, 'ballast'));
  await until('the store says that it refuses', async () => {
    const { store } = (await (await fetch(new URL('/taffrail/v1/status', server.url))).json()) as {
      store: { refusing: string | null };
    };
    return store.refusing !== null;
  });
  await until('so does its log', () => /disk|space/i.test(server.process.stderr));
  await sleep(2000);
  rmSync(join(disk, 'ballast'));
  await sleep(1000);
  stop();
  await assertWhole(server.url, writers);
});

function startWriters(t: TestContext, logRoot: string): { writers: Writer[]; stop: () => void } {
  mkdirSync(logRoot);
  const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(logRoot, i));
  const timer = setInterval(() => {
    for (const writer of writers) writer.write(5);
  }, TICK_MS);
  const stop = () => clearInterval(timer);
  atEnd(t, stop);
  return { writers, stop };
}

async function assertWhole(url: string, writers: readonly Writer[]): Promise<void> {
  const verdicts = [];
  for (const writer of writers) {
    const { name, count } = writer;
    verdicts.push(verify(await drained(url, writer), count, (n) => numberedLine(name, n), name));
  }
  const { missing, doubled, wrong, first, lines } = sum(verdicts);
  assert.deepEqual({ missing, doubled, wrong, first }, { missing: 0, doubled: 0, wrong: 0, first: undefined });
  assert.ok(lines > 1000);
}

/** Takes all the room there is. */
function fill(path: string): void {
  let bytes = DISK_MEBIBYTES * 2 ** 20;
  for (let at = 0; bytes >= 4096; ) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
      at += bytes;
    } catch {
      bytes = Math.floor(bytes / 2);
    }
    if (at >= DISK_MEBIBYTES * 2 ** 20) return;
  }
}
