import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { DurableStore } from './durable-store.ts';
import {
  batch,
  everything,
  linesOf,
  openTestStore,
  readAll,
  resolveOne,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: DurableStore | undefined;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(async () => {
  await store?.close();
  store = undefined;
  directory.remove();
});

const storePath = (...names: string[]) => join(directory.path, 'store', ...names);

async function appendNumbered(id: string, from: number, to: number): Promise<string[]> {
  for (let i = from; i < to; i++) await statuses(store!, batch(id, { from: i * 5, lines: [numbered(i)] }));
  return Array.from({ length: to - from }, (_, i) => numbered(from + i));
}

const numbered = (i: number) => String(i).padStart(4, '0');

test('A torn tail is cut off, and the next record goes where it began', async () => {
  store = await openTestStore(directory.path);
  const { id } = await resolveOne(store);
  await appendNumbered(id, 0, 3);
  await store.close();
  appendFileSync(storePath('packs', '00000001.pack'), Buffer.from('TFR1 and then the power went'));
  store = await openTestStore(directory.path);
  await appendNumbered(id, 3, 5);
  await store.close();
  rmSync(storePath('catalog.db'));
  store = await openTestStore(directory.path);
  assert.deepEqual(await readAll(store, id), ['0000', '0001', '0002', '0003', '0004']);
});

test('A flipped bit costs the one record it is in: it is counted, the rest is served, and the agent can ship it again', async () => {
  store = await openTestStore(directory.path);
  const { id } = await resolveOne(store);
  await appendNumbered(id, 0, 5);
  await store.close();
  const path = storePath('packs', '00000001.pack');
  const bytes = readFileSync(path);
  const victim = batch(id, { from: 2 * 5, lines: [numbered(2)] });
  bytes[bytes.indexOf(victim.bytes) + 50]! ^= 4;
  writeFileSync(path, bytes);

  const metrics = new MetricsRegistry();
  store = await openTestStore(directory.path, { metrics });
  for (const _ of [1, 2]) assert.deepEqual(await readAll(store, id), ['0000', '0001', '0003', '0004']);
  assert.match(metrics.exposition(), /taffrail_store_damaged_records_total 1/);
  const [instance] = store.instances(everything, {});
  assert.deepEqual(
    instance!.gaps.map(({ from, to, reason }) => [from, to, reason]),
    [[10, 15, 'damaged']],
  );
  assert.equal(instance!.lineCount, 4);
  await store.close();

  rmSync(storePath('catalog.db'));
  const again = new MetricsRegistry();
  store = await openTestStore(directory.path, { metrics: again });
  assert.match(again.exposition(), /taffrail_store_damaged_records_total 1/);
  assert.deepEqual(await readAll(store, id), ['0000', '0001', '0003', '0004']);
  assert.equal(store.instances(everything, {})[0]!.gaps.length, 1);
  assert.deepEqual(await statuses(store, victim), ['stored']);
  assert.deepEqual(store.instances(everything, {})[0]!.gaps, []);
  assert.deepEqual(await readAll(store, id), ['0000', '0001', '0002', '0003', '0004']);
});

test('A damaged catalogue is rebuilt from the packs', async () => {
  store = await openTestStore(directory.path);
  const { id } = await resolveOne(store);
  const lines = await appendNumbered(id, 0, 5);
  await store.close();
  const bytes = readFileSync(storePath('catalog.db'));
  bytes.fill(0xff, 100, bytes.length - 100);
  writeFileSync(storePath('catalog.db'), bytes);
  store = await openTestStore(directory.path);
  assert.deepEqual(await readAll(store, id), lines);
});

test('After an older backup was put back, the epoch is another, what is missing is taken again, and cursors lose nothing', async () => {
  store = await openTestStore(directory.path);
  const { id } = await resolveOne(store);
  await appendNumbered(id, 0, 3);
  await store.close();
  cpSync(storePath(), join(directory.path, 'backup'), { recursive: true });
  store = await openTestStore(directory.path);
  await appendNumbered(id, 3, 6);
  const { epoch } = store;
  const cursor = store.status().sequence;
  await store.close();
  rmSync(storePath(), { recursive: true });
  cpSync(join(directory.path, 'backup'), storePath(), { recursive: true });

  store = await openTestStore(directory.path);
  assert.notEqual(store.epoch, epoch);
  const resolved = await resolveOne(store);
  assert.equal(resolved.id, id);
  assert.equal(resolved.segments[0]!.held[0]!.to, 15);
  await appendNumbered(id, 3, 8);
  assert.deepEqual(await readAll(store, id), ['0000', '0001', '0002', '0003', '0004', '0005', '0006', '0007']);
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const block of store.follow(everything, cursor, () => true, stop.signal)) {
    seen.push(...linesOf(block));
    if (seen.at(-1) === '0007') stop.abort();
  }
  assert.deepEqual(seen, ['0003', '0004', '0005', '0006', '0007']);
});

test('Packs of an older backup beside a newer catalogue are noticed', async () => {
  store = await openTestStore(directory.path);
  const { id } = await resolveOne(store);
  await appendNumbered(id, 0, 3);
  await store.close();
  cpSync(storePath('packs'), join(directory.path, 'backup'), { recursive: true });
  store = await openTestStore(directory.path);
  await appendNumbered(id, 3, 6);
  await store.close();
  rmSync(storePath('packs'), { recursive: true });
  cpSync(join(directory.path, 'backup'), storePath('packs'), { recursive: true });
  store = await openTestStore(directory.path);
  assert.deepEqual(await readAll(store, id), ['0000', '0001', '0002']);
  assert.equal((await resolveOne(store)).segments[0]!.held[0]!.to, 15);
});

test('A folder of a newer version is refused and left as it is', async () => {
  mkdirSync(storePath(), { recursive: true });
  writeFileSync(storePath('VERSION'), '2\n');
  await assert.rejects(openTestStore(directory.path), { code: 'newer-format', message: /format 2/ });
  assert.deepEqual(readdirSync(storePath()), ['VERSION']);
});

test('A full disk refuses appends, acknowledges nothing of them, and the store goes on when there is room', async () => {
  const disk = { state: 'roomy' as 'roomy' | 'full' | 'fills-up' };
  const metrics = new MetricsRegistry();
  store = await openTestStore(directory.path, { files: limitedDisk(disk), metrics });
  const { id } = await resolveOne(store);
  const lines = await appendNumbered(id, 0, 3);
  for (const state of ['full', 'fills-up'] as const) {
    disk.state = state;
    await assert.rejects(appendNumbered(id, 3, 4), { code: 'disk-full' });
    await assert.rejects(resolveOne(store, { podUid: 'new' }), { code: 'disk-full' });
    assert.notEqual(store.status().refusing, null);
    assert.match(metrics.exposition(), /taffrail_store_refusing 1/);
    assert.deepEqual(await readAll(store, id), lines);
  }
  disk.state = 'roomy';
  lines.push(...(await appendNumbered(id, 3, 5)));
  assert.equal(store.status().refusing, null);
  assert.deepEqual(await readAll(store, id), lines);
  await store.close();
  rmSync(storePath('catalog.db'));
  store = await openTestStore(directory.path);
  assert.deepEqual(await readAll(store, id), lines);
});

test('Retention goes on while the disk is full: it is what makes room', async () => {
  const disk = { state: 'roomy' as 'roomy' | 'full' };
  const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
  let aheadMs = 0;
  const retention = { ageMs: 1000, bytesMax: null };
  store = await openTestStore(directory.path, { files: limitedDisk(disk), clock, retention, packBytesMax: 500 });
  const { id } = await resolveOne(store);
  await appendNumbered(id, 0, 3);
  disk.state = 'full';
  aheadMs = 60_000;
  await assert.rejects(appendNumbered(id, 3, 4), { code: 'disk-full' });
  const before = readdirSync(storePath('packs'));
  await store.tidy();
  assert.deepEqual(await readAll(store, id), []);
  assert.deepEqual(
    readdirSync(storePath('packs')).filter((name) => before.slice(0, -1).includes(name)),
    [],
  );
  assert.notEqual(store.status().refusing, null);
});

for (const batchBytes of [200_000, 300]) {
  test(`On a file system that is really full, with batches of ${batchBytes} bytes, nothing acknowledged is lost`, {
    skip: canMount() ? false : 'mounting needs root',
  }, () => {
    const script = fileURLToPath(new URL('./fill-disk.ts', import.meta.url));
    const run = 'mount -t tmpfs -o size=12m tmpfs "$1" && exec "$2" "$3" "$1" "$4"';
    const args = ['-m', 'sh', '-c', run, 'sh', directory.path, process.execPath, script, String(batchBytes)];
    const outcome = JSON.parse(spawnSync('unshare', args, { encoding: 'utf8' }).stdout);
    assert.deepEqual(outcome.refusals, ['disk-full', 'disk-full']);
    assert.ok(outcome.whileFull && outcome.intact, JSON.stringify(outcome));
    assert.ok(outcome.afterwards > 0, 'it went on when there was room');
  });
}

test('A store whose disk is full still opens and is read', async () => {
  store = await openTestStore(directory.path);
  const { id } = await resolveOne(store);
  const lines = await appendNumbered(id, 0, 3);
  await store.close();
  store = await openTestStore(directory.path, { files: limitedDisk({ state: 'full' }) });
  assert.deepEqual(await readAll(store, id), lines);
  await assert.rejects(resolveOne(store), { code: 'disk-full' });
});

test('kill -9 of an appending process loses nothing that it had acknowledged and doubles nothing', async () => {
  let total = 0;
  for (let round = 0; round < 5; round++) {
    const acknowledged = await appendUntilKilled(directory.path, 100 + 60 * round);
    store = await openTestStore(directory.path);
    const { id } = await resolveOne(store);
    const lines = await readAll(store, id);
    assert.deepEqual(
      lines,
      lines.map((_, i) => numbered(i)),
    );
    assert.ok(lines.length >= acknowledged, `${acknowledged} lines were acknowledged, ${lines.length} are there`);
    total = lines.length;
    await store.close();
    store = undefined;
  }
  assert.ok(total > 5, 'the processes did append');
});

function canMount(): boolean {
  return spawnSync('unshare', ['-m', 'true']).status === 0;
}

/** Gives how many lines the process said were acknowledged. */
function appendUntilKilled(dataDir: string, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./append-forever.ts', import.meta.url)), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text === '') setTimeout(() => child.kill('SIGKILL'), delayMs);
    text += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', () => resolve(Number(text.split('\n').at(-2) ?? 0))));
}

/** `full`: it says so when asked; `fills-up`: a write goes half way and fails. */
function limitedDisk(disk: { state: 'roomy' | 'full' | 'fills-up' }): FileLayer {
  return {
    ...realFiles,
    async space(path) {
      const space = await realFiles.space(path);
      return disk.state === 'full' ? { ...space, freeBytes: 1000 } : space;
    },
    async open(path, mode) {
      const file = await realFiles.open(path, mode);
      return {
        ...file,
        async write(buffers, position) {
          if (disk.state !== 'fills-up') return file.write(buffers, position);
          const whole = Buffer.concat(buffers);
          await file.write([whole.subarray(0, whole.length - 7)], position);
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        },
      };
    },
  };
}
