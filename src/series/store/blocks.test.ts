import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createLogger } from '../../telemetry/telemetry.ts';
import type { DurableSeriesStore } from './durable-series-store.ts';
import { BlockThread } from './maintain/block-thread.ts';
import { windowMs } from './settings.ts';
import {
  acme,
  append,
  matchers,
  openTestStore,
  shown,
  standingClock,
  type TestSample,
  temporaryDirectory,
} from './store-fixture.ts';

const directory = temporaryDirectory();
let next = 0;
const fresh = () => join(directory.path, String(next++));
after(() => directory.remove());

const stepMs = 300_000;
const blocksOf = (dataDir: string) =>
  readdirSync(join(dataDir, 'series', 'blocks'))
    .filter((name) => name.endsWith('.block'))
    .sort();
const walOf = (dataDir: string) => readdirSync(join(dataDir, 'series', 'wal'));

/** Appends a sample each five minutes of a few series, from window to window, and tidies after each. */
async function fill(store: DurableSeriesStore, windows: number, names = ['a', 'b', 'c']): Promise<void> {
  for (let timeMs = 0; timeMs < windows * windowMs; timeMs += stepMs) {
    await append(
      store,
      names.map(
        (name, i): TestSample => [{ __name__: name, namespace: i % 2 ? 'odd' : 'even' }, timeMs, timeMs / stepMs + i],
      ),
    );
    if (timeMs % windowMs === 7 * stepMs) await store.tidy();
  }
}

test('A finished window becomes a block, its write-ahead log goes, and reads see the same before, after and when opened again', async () => {
  const dataDir = fresh();
  let store = await openTestStore(dataDir, { runner: new BlockThread() });
  await append(store, [[{ __name__: 'starts' }, 5, 1.5, 3]]);
  await fill(store, 1);
  await append(store, [[{ __name__: 'a', namespace: 'even' }, windowMs + 31 * 60_000, 1]]);
  const before = await shown(store);
  assert.equal(store.status().blocks, 0);
  await store.tidy();
  assert.equal(store.status().blocks, 1);
  assert.equal(walOf(dataDir).length, 1, 'the file of the open window');
  assert.deepEqual(await shown(store), before);
  const some = { minMs: 600_000, maxMs: 1_200_000, scope: { tenant: 'acme', namespaces: ['odd'] } };
  assert.deepEqual(Object.keys(await shown(store, undefined, some)), ['{__name__="b", namespace="odd"}']);
  await store.close();
  store = await openTestStore(dataDir);
  assert.deepEqual(await shown(store), before);
  assert.equal(store.status().minTimeMs, 0);
  assert.deepEqual((await store.labelValues(acme, '__name__', [], 0, 10, 10)).names, ['a', 'b', 'c', 'starts']);
  await store.close();
});

test('Blocks of a stretch are compacted into one, and what was deleted is gone from the disk', async () => {
  const dataDir = fresh();
  const store = await openTestStore(dataDir);
  await fill(store, 8);
  assert.equal(store.status().blocks, 2, 'six windows in one, and one of its own');
  const before = await shown(store);
  await store.deleteSeries(acme, [matchers(['__name__', '=', 'b'])], 0, 6 * windowMs - 1);
  await store.deleteSeries(acme, [matchers(['namespace', '=', 'even'])], 8 * windowMs - stepMs, 9 * windowMs);
  const expected = { ...before };
  expected['{__name__="b", namespace="odd"}'] = lines(before, 'b', 'odd', (timeMs) => timeMs >= 6 * windowMs);
  for (const name of ['a', 'c']) {
    expected[`{__name__="${name}", namespace="even"}`] = lines(
      before,
      name,
      'even',
      (timeMs) => timeMs < 8 * windowMs - stepMs,
    );
  }
  assert.deepEqual(await shown(store), expected);
  await store.tidy();
  assert.deepEqual(await shown(store), expected);
  const bytes = Buffer.concat(
    blocksOf(dataDir)
      .slice(-1)
      .map((name) => readFileSync(join(dataDir, 'series', 'blocks', name))),
  );
  assert.equal(bytes.includes('odd'), false, 'no label of the deleted series is left');
  await append(store, [[{ __name__: 'b', namespace: 'odd' }, 8 * windowMs, 7]]);
  assert.ok((await shown(store))['{__name__="b", namespace="odd"}']!.endsWith(`${8 * windowMs}=7`));
  await store.close();
  const again = await openTestStore(dataDir);
  assert.equal((await shown(again))['{__name__="a", namespace="even"}'], expected['{__name__="a", namespace="even"}']);
  await again.close();
});

function lines(
  all: Record<string, string>,
  name: string,
  namespace: string,
  keep: (timeMs: number) => boolean,
): string {
  const samples = all[`{__name__="${name}", namespace="${namespace}"}`]!.split(' ');
  return samples.filter((sample) => keep(Number(sample.split('=')[0]))).join(' ');
}

test('Late samples and a window that was cut already make a second block of the same time; reads and compaction bring them together', async () => {
  const clock = standingClock();
  const store = await openTestStore(fresh(), { clock, settings: { outOfOrderWindowMs: 20 * windowMs } });
  await append(store, [
    [{ __name__: 'a' }, 1000, 1],
    [{ __name__: 'a' }, 3000, 3],
  ]);
  clock.now += 2 * windowMs;
  await store.tidy();
  assert.equal(store.status().blocks, 1);
  assert.deepEqual(
    await append(store, [
      [{ __name__: 'a' }, 2000, 2],
      [{ __name__: 'a' }, 3000, 99],
    ]),
    {
      ...{ taken: 2, repeated: 0, conflicting: 0, tooOld: 0, tooNew: 0, unknownRefs: [] },
    },
  );
  const expected = { '{__name__="a"}': '1000=1 2000=2 3000=3' };
  assert.deepEqual(await shown(store), expected);
  clock.now += 2 * windowMs;
  await store.tidy();
  assert.deepEqual(await shown(store), expected);
  assert.equal(store.status().blocks, 1, 'compacted');
  await store.close();
});

test('Retention drops blocks that are too old, and the oldest while all is too much', async () => {
  const clock = standingClock();
  const dataDir = fresh();
  let store = await openTestStore(dataDir, { clock, settings: { retention: { ageMs: null, bytesMax: null } } });
  await fill(store, 8);
  const { diskBytes } = store.status();
  await store.close();
  store = await openTestStore(dataDir, { clock, settings: { retention: { ageMs: null, bytesMax: diskBytes - 1 } } });
  await store.tidy();
  assert.equal(store.status().blocks, 1);
  assert.equal(store.status().minTimeMs, 6 * windowMs);
  await store.close();
  clock.now = 8 * windowMs;
  store = await openTestStore(dataDir, { clock, settings: { retention: { ageMs: windowMs / 2, bytesMax: null } } });
  await store.tidy();
  assert.equal(store.status().blocks, 0);
  assert.equal(blocksOf(dataDir).length, 0);
  await store.close();
});

test('A flipped bit anywhere in a block is found: the block is named and left out, and the rest is served', async () => {
  const dataDir = fresh();
  let store = await openTestStore(dataDir);
  await fill(store, 8);
  const whole = await shown(store);
  await store.close();
  const [name] = blocksOf(dataDir);
  const path = join(dataDir, 'series', 'blocks', name!);
  const bytes = readFileSync(path);
  const rest = Object.fromEntries(
    Object.entries(whole).map(([labels, samples]) => {
      const kept = samples.split(' ').filter((sample) => Number(sample.split('=')[0]) >= 6 * windowMs);
      return [labels, kept.join(' ')];
    }),
  );
  for (let at = 8; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 40))) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << (at % 8);
    writeFileSync(path, flipped);
    const logged: string[] = [];
    store = await openTestStore(dataDir, { log: createLogger({ write: (line) => void logged.push(line) }) });
    assert.deepEqual(await shown(store), rest, `bit at ${at} of ${bytes.length}`);
    assert.ok(
      logged.some((line) => line.includes(path)),
      'the block is named',
    );
    assert.deepEqual(Object.keys(await shown(store)), Object.keys(rest), 'and stays left out');
    await store.close();
    assert.ok(existsSync(path), 'it is left for a person to look at');
  }
  for (const length of [0, 7, 100, bytes.length >> 1, bytes.length - 1]) {
    writeFileSync(path, bytes);
    truncateSync(path, length);
    store = await openTestStore(dataDir);
    assert.deepEqual(await shown(store), rest, `cut to ${length}`);
    await store.close();
  }
  writeFileSync(path, bytes);
  store = await openTestStore(dataDir);
  assert.deepEqual(await shown(store), whole);
  await store.close();
});

test('A block of a newer format is refused with everything untouched', async () => {
  const dataDir = fresh();
  let store = await openTestStore(dataDir);
  await fill(store, 2);
  await store.close();
  const path = join(dataDir, 'series', 'blocks', blocksOf(dataDir)[0]!);
  const { crc32 } = await import('node:zlib');
  const bytes = readFileSync(path);
  const footer = bytes.subarray(bytes.length - 32);
  footer.writeUInt32LE(2, 20);
  footer.writeUInt32LE(crc32(footer.subarray(0, 24)), 24);
  writeFileSync(path, bytes);
  await assert.rejects(openTestStore(dataDir), { code: 'newer-format' });
  footer.writeUInt32LE(1, 20);
  footer.writeUInt32LE(crc32(footer.subarray(0, 24)), 24);
  writeFileSync(path, bytes);
  store = await openTestStore(dataDir);
  assert.equal(store.status().blocks, 1);
  await store.close();
});
