import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { Labels } from '../query/query.ts';
import { killRound } from './kill-under-test.ts';
import { defaultSeriesSettings, windowMs } from './settings.ts';
import { append, openTestStore, shown, standingClock, type TestSample, temporaryDirectory } from './store-fixture.ts';

const directory = temporaryDirectory();
let next = 0;
const fresh = () => join(directory.path, String(next++));
after(() => directory.remove());

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

test('A full disk refuses samples, loses none, and takes them again when there is room', {
  skip: !canMount && 'mounting needs root',
}, () => {
  const script = fileURLToPath(new URL('./fill-under-test.ts', import.meta.url));
  const mountPoint = temporaryDirectory();
  const run = 'mount -t tmpfs -o size=10m tmpfs "$1" && exec "$2" "$3" "$1"';
  const { stdout } = spawnSync('unshare', ['-m', 'sh', '-c', run, 'sh', mountPoint.path, process.execPath, script], {
    encoding: 'utf8',
  });
  mountPoint.remove();
  const outcome = JSON.parse(stdout);
  assert.deepEqual(outcome.refusals, ['disk-full', 'disk-full']);
  assert.match(outcome.refusing, /free|full/);
  assert.ok(outcome.whileFull && outcome.intact, stdout);
  assert.ok(outcome.afterwards > 0, 'it went on when there was room');
});

/** A write goes half way and fails; or the sync fails, and nobody knows what is on disk; or nothing can be cut back. */
function failing(disk: { fails: 'write' | 'sync' | 'truncate' | null }): FileLayer {
  return {
    ...realFiles,
    async open(path, mode) {
      const file = await realFiles.open(path, mode);
      const fail = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
      return {
        ...file,
        async write(buffers, position) {
          if (disk.fails === null || disk.fails === 'sync') return file.write(buffers, position);
          await file.write([Buffer.concat(buffers).subarray(0, 100)], position);
          return fail();
        },
        sync: () => (disk.fails === 'sync' ? fail() : file.sync()),
        truncate: (bytes) => (disk.fails === 'truncate' ? fail() : file.truncate(bytes)),
      };
    },
  };
}

for (const fails of ['write', 'sync', 'truncate'] as const) {
  test(`Samples whose ${fails} failed are not there, before and after a restart, and can be sent again`, async () => {
    const dataDir = fresh();
    const disk: { fails: typeof fails | null } = { fails: null };
    let store = await openTestStore(dataDir, { files: failing(disk) });
    await append(store, [[{ __name__: 'a' }, 1000, 1]]);
    disk.fails = fails;
    await assert.rejects(append(store, [[{ __name__: 'a' }, 2000, 2]]), { code: 'disk-full' });
    await assert.rejects(append(store, [[{ __name__: 'b' }, 2000, 2]]), { code: 'disk-full' });
    assert.match(store.status().refusing!, /no space left/);
    assert.deepEqual(await shown(store), { '{__name__="a"}': '1000=1' });
    disk.fails = null;
    assert.equal((await append(store, [[{ __name__: 'a' }, 2000, 3]])).taken, 1);
    assert.equal(store.status().refusing, null);
    await store.close();
    store = await openTestStore(dataDir);
    assert.deepEqual(await shown(store), { '{__name__="a"}': '1000=1 2000=3' });
    await store.close();
  });
}

test('A call whose samples are of two windows is taken whole or not at all', async () => {
  const dataDir = fresh();
  const disk: { failsAfter: number } = { failsAfter: Number.POSITIVE_INFINITY };
  const files: FileLayer = {
    ...realFiles,
    async open(path, mode) {
      const file = await realFiles.open(path, mode);
      const full = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
      return { ...file, write: (buffers, at) => (disk.failsAfter-- > 0 ? file.write(buffers, at) : full()) };
    },
  };
  let store = await openTestStore(dataDir, { files });
  const both = (second: number) => [
    [{ __name__: 'a' }, windowMs - second, second] as TestSample,
    [{ __name__: 'a' }, windowMs + second, second] as TestSample,
  ];
  await append(store, both(1));
  disk.failsAfter = 1;
  await assert.rejects(append(store, both(2)), { code: 'disk-full' });
  disk.failsAfter = Number.POSITIVE_INFINITY;
  const held = await shown(store);
  assert.deepEqual(held, { '{__name__="a"}': `${windowMs - 1}=1 ${windowMs + 1}=1` });
  await append(store, both(3));
  const after = await shown(store);
  await store.close();
  store = await openTestStore(dataDir);
  assert.deepEqual(await shown(store), after);
  await store.close();
});

test('A tenant of whom nothing is left makes room for another', async () => {
  const clock = standingClock(100 * windowMs);
  const settings = {
    limits: { ...defaultSeriesSettings.limits, tenantsMax: 1 },
    retention: { ageMs: windowMs, bytesMax: null },
  };
  const store = await openTestStore(fresh(), { clock, settings });
  await append(store, [[{ __name__: 'a' }, clock.now, 1]]);
  assert.match(store.series('other', [Labels.of({ a: 'b' })]).refused!, /tenantsMax/);
  for (let i = 0; i < 4; i++) {
    clock.now += 2 * windowMs;
    await store.tidy();
  }
  assert.equal(store.series('other', [Labels.of({ a: 'b' })]).refused, null);
  await store.close();
});

test('A flipped bit in the write-ahead log costs its record and no other, and is counted and named', async () => {
  const dataDir = fresh();
  let store = await openTestStore(dataDir);
  for (let i = 0; i < 20; i++) await append(store, [[{ __name__: 'a' }, i * 1000, i]]);
  await store.close();
  const wal = join(dataDir, 'series', 'wal');
  const path = join(wal, readdirSync(wal)[0]!);
  const bytes = readFileSync(path);
  const records = bytes.toString('latin1').split('TFSR').length - 1;
  for (let at = bytes.indexOf('TFSR'); at < bytes.length; at += 11) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 4;
    writeFileSync(path, flipped);
    for (const name of readdirSync(wal)) if (join(wal, name) !== path) assert.fail(`${name} was made by reading`);
    const logged: string[] = [];
    const metrics = new MetricsRegistry();
    store = await openTestStore(dataDir, { metrics, log: createLogger({ write: (line) => void logged.push(line) }) });
    const samples = Object.values(await shown(store))[0]?.split(' ') ?? [];
    await store.close();
    const first = at < bytes.indexOf('TFSR', bytes.indexOf('TFSR') + 1);
    if (first) assert.equal(samples.length, 0, 'the labels are gone');
    else assert.equal(samples.length, 19, `bit at ${at} of ${bytes.length}, ${records} records`);
    const last = at > bytes.lastIndexOf('TFSR');
    if (last) continue;
    assert.ok(
      logged.some((line) => line.includes(path)),
      'named',
    );
    assert.match(metrics.exposition(), /wal_damaged_bytes_total [1-9]/);
  }
});

test('kill -9 of a process that appends, cuts and compacts loses nothing that it had acknowledged', async () => {
  const dataDir = fresh();
  let total = 0;
  for (let round = 0; round < 3; round++) {
    const { acknowledged, wrong } = await killRound(dataDir, 150 + 250 * round);
    assert.equal(wrong, null);
    assert.ok(acknowledged >= total);
    total = acknowledged;
  }
  assert.ok(total > 0);
});

test('A clock that jumps ahead and back again does not keep the samples of the present out', async () => {
  const clock = standingClock(100 * windowMs);
  const store = await openTestStore(fresh(), { clock });
  const put = () => append(store, [[{ __name__: 'a' }, clock.now, 1]]);
  await put();
  clock.now += 1000 * windowMs;
  assert.equal((await put()).taken, 1);
  clock.now -= 1000 * windowMs - 60_000;
  assert.equal((await put()).taken, 1);
  await store.tidy();
  assert.equal((await put()).repeated, 1);
  await store.close();
});

test('Series that ended leave the head, their refs are no longer known, and room is made for others', async () => {
  const clock = standingClock(100 * windowMs);
  const limits = { ...defaultSeriesSettings.limits, seriesMax: 10 };
  const store = await openTestStore(fresh(), { clock, settings: { limits } });
  const old = store.series(
    'acme',
    Array.from({ length: 10 }, (_, i) => Labels.of({ old: String(i) })),
  ).refs;
  const at = (refs: Float64Array) =>
    store.append('acme', {
      refs,
      timestampsMs: new Float64Array(refs.length).fill(clock.now),
      values: new Float64Array(refs.length),
      length: refs.length,
    });
  assert.equal((await at(old)).taken, 10);
  const kept = old.slice(0, 1);
  for (let i = 0; i < 4; i++) {
    clock.now += windowMs;
    assert.equal((await at(kept)).taken, 1);
    clock.now += windowMs / 2;
    assert.equal((await at(kept)).taken, 1);
    await store.tidy();
  }
  assert.equal(store.status().headSeries, 1);
  const fresh10 = store.series(
    'acme',
    Array.from({ length: 10 }, (_, i) => Labels.of({ fresh: String(i) })),
  );
  assert.equal([...fresh10.refs].filter((ref) => ref > 0).length, 9);
  assert.equal(
    (await at(old)).unknownRefs.length,
    9,
    'a slot that was given to another series is not written through an old ref',
  );
  assert.equal((await at(kept)).repeated, 1);
  await store.close();
});

test('More samples than may wait are refused with the name of the limit', async () => {
  const limits = { ...defaultSeriesSettings.limits, queuedSamplesMax: 3 };
  const store = await openTestStore(fresh(), { settings: { limits } });
  const two = () =>
    append(store, [
      [{ __name__: 'a' }, 1, 1],
      [{ __name__: 'b' }, 1, 1],
    ]);
  const outcomes = await Promise.allSettled([two(), two()]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.match((outcomes[1] as PromiseRejectedResult).reason.message, /queuedSamplesMax is 3/);
  await store.close();
});
