import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Labels } from '../query/query.ts';
import { type SourceContents, testSource } from '../query/source-conformance.ts';
import type { SelectionLimits } from './store.ts';
import {
  acme,
  append,
  matchers,
  openTestStore,
  shown,
  stale,
  standingClock,
  type TestSample,
  temporaryDirectory,
} from './store-fixture.ts';

const directory = temporaryDirectory();
let next = 0;
const fresh = () => join(directory.path, String(next++));
after(() => directory.remove());

const open: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of open) await close();
});

async function filled(contents: SourceContents) {
  const store = await openTestStore(fresh());
  open.push(() => store.close());
  for (const { labels, samples } of contents) {
    const { refs } = store.series('conformance', [labels]);
    await store.append('conformance', {
      refs: new Float64Array(samples.length).fill(refs[0]!),
      timestampsMs: Float64Array.from(samples, ({ timeMs }) => timeMs),
      values: Float64Array.from(samples, ({ value }) => (value === 'stale' ? stale : (value as number))),
      length: samples.length,
    });
  }
  return store;
}

testSource('the store', filled);

test('What was appended is there after the store was closed and opened again, and refs of before are asked for anew', async () => {
  const dataDir = fresh();
  let store = await openTestStore(dataDir);
  const up = { __name__: 'up', job: 'a' };
  for (let i = 0; i < 100; i++)
    await append(store, [
      [up, i * 15_000, i % 7],
      [{ __name__: 'x' }, i * 15_000, stale],
    ]);
  assert.deepEqual(await append(store, [[up, 0, 0]]), { ...counts, repeated: 1 });
  assert.deepEqual(await append(store, [[up, 0, 5]]), { ...counts, conflicting: 1 });
  assert.deepEqual(await append(store, [[up, 7, 5, 3]]), { ...counts, taken: 1 });
  const before = await shown(store);
  assert.equal(before['{__name__="up", job="a"}']!.split(' ').length, 101);
  await store.close();
  store = await openTestStore(dataDir);
  assert.deepEqual(await shown(store), before);
  await store.close();
});

const counts = { taken: 0, repeated: 0, conflicting: 0, tooOld: 0, tooNew: 0, unknownRefs: [] };

test('Samples too old, too new, of no time or of no series are counted and hinder nothing', async () => {
  const clock = standingClock(1_000_000_000);
  const store = await openTestStore(fresh(), { clock });
  const { refs } = store.series('acme', [Labels.of({ __name__: 'a' })]);
  const at = (times: number[], ref = refs[0]!) =>
    store.append('acme', {
      refs: new Float64Array(times.length).fill(ref),
      timestampsMs: Float64Array.from(times),
      values: new Float64Array(times.length),
      length: times.length,
    });
  const now = clock.now;
  assert.deepEqual(await at([now, now + 10 * 60_000, now + 10 * 60_000 + 1]), { ...counts, taken: 2, tooNew: 1 });
  assert.deepEqual(await at([now - 30 * 60_000, now - 30 * 60_000 - 1, Number.NaN]), {
    ...counts,
    taken: 1,
    tooOld: 2,
  });
  assert.deepEqual(await at([now, now], 77), { ...counts, unknownRefs: [0, 1] });
  assert.deepEqual(await at([now + 0.5]), { ...counts, repeated: 1 });
  await store.close();
});

test('A limit refuses new series with its name, and those that are there go on', async () => {
  const limits = {
    tenantsMax: 1,
    seriesMax: 2,
    labelsMax: 3,
    labelNameBytesMax: 10,
    labelValueBytesMax: 10,
    queuedSamplesMax: 1000,
    metadataMax: 1,
  };
  const store = await openTestStore(fresh(), { settings: { limits } });
  const ask = (labels: Record<string, string>, tenant = 'acme') => store.series(tenant, [Labels.of(labels)]);
  assert.match(ask({ a: '1', b: '1', c: '1', d: '1' }).refused!, /4 labels.*labelsMax is 3/);
  assert.match(ask({ a: 'ääääää' }).refused!, /labelValueBytesMax, 10/);
  assert.match(ask({ ääääää: 'a' }).refused!, /labelNameBytesMax, 10/);
  const { refs } = ask({ a: '1' });
  assert.equal(ask({ a: '2' }).refused, null);
  for (let i = 0; i < 1000; i++) assert.match(ask({ b: String(i) }).refused!, /seriesMax/);
  assert.equal(ask({ b: '3' }).refs[0], 0);
  assert.equal(ask({ a: '1' }).refs[0], refs[0]);
  assert.match(ask({ a: '1' }, 'other').refused!, /tenantsMax/);
  assert.equal((await append(store, [[{ a: '1' }, 5, 1]])).taken, 1);
  assert.equal(store.status().headSeries, 2);
  await store.close();
});

test('A scope of namespaces sees their series and no others, and tenants nothing of each other', async () => {
  const store = await openTestStore(fresh());
  await append(store, [
    [{ __name__: 'a', namespace: 'one' }, 1, 1],
    [{ __name__: 'a', namespace: 'two' }, 1, 2],
    [{ __name__: 'a' }, 1, 3],
  ]);
  await append(store, [[{ __name__: 'a', namespace: 'one' }, 1, 4]], 'rival');
  const one = { tenant: 'acme', namespaces: ['one'] };
  assert.deepEqual(await shown(store, undefined, { scope: one }), { '{__name__="a", namespace="one"}': '1=1' });
  assert.deepEqual(await shown(store, undefined, { scope: { tenant: 'acme', namespaces: [] } }), {});
  assert.deepEqual((await store.labelValues(one, 'namespace', [], 0, 10, 10)).names, ['one']);
  assert.deepEqual((await store.labelNames({ tenant: 'none', namespaces: '*' }, [], 0, 10, 10)).names, []);
  assert.deepEqual(Object.values(await shown(store, undefined, { scope: { tenant: 'rival', namespaces: '*' } })), [
    '1=4',
  ]);
  await store.deleteSeries(one, [matchers(['__name__', '=', 'a'])], 0, 10);
  assert.deepEqual(Object.values(await shown(store)), ['1=3', '1=2']);
  await store.close();
});

test('Names, values and matching series come sorted, within the time, and cut at the limit', async () => {
  const store = await openTestStore(fresh());
  await append(store, [
    [{ __name__: 'b', x: '2' }, 100, 1],
    [{ __name__: 'a', x: '1' }, 100, 1],
    [{ __name__: 'late', y: '1' }, 900, 1],
  ]);
  assert.deepEqual(await store.labelNames(acme, [], 0, 500, 10), { names: ['__name__', 'x', 'y'], truncated: false });
  const named = [matchers(['__name__', '!=', ''])];
  assert.deepEqual(await store.labelNames(acme, named, 0, 500, 10), { names: ['__name__', 'x'], truncated: false });
  assert.deepEqual(await store.labelNames(acme, [], 1000, 5000, 10), { names: [], truncated: false });
  assert.deepEqual(await store.labelValues(acme, 'x', [], 0, 900, 1), { names: ['1'], truncated: true });
  const either = [matchers(['x', '=', '2']), matchers(['__name__', '=~', 'a|late'])];
  const { series, truncated } = await store.matching(acme, either, 0, 500, 5);
  assert.deepEqual([series.map(String), truncated], [['{__name__="a", x="1"}', '{__name__="b", x="2"}'], false]);
  store.setMetadata('acme', 'b', { type: 'counter', help: 'h', unit: '' });
  assert.deepEqual(store.metadata(acme, undefined, 5), new Map([['b', { type: 'counter', help: 'h', unit: '' }]]));
  await store.close();
});

test('A selection ends as soon as it is larger than its caller allows, or is no longer wanted', async () => {
  const store = await openTestStore(fresh());
  await append(
    store,
    Array.from({ length: 100 }, (_, i): TestSample => [{ __name__: 'a', i: String(i % 10) }, i, i]),
  );
  const all = matchers(['__name__', '=', 'a']);
  const select = (limits: SelectionLimits) => store.select(acme, all, 0, 100, limits);
  assert.equal((await select({ seriesMax: 10, samplesMax: 100 })).length, 10);
  await assert.rejects(select({ seriesMax: 9 }), { code: 'overloaded', limit: 'series' });
  await assert.rejects(select({ samplesMax: 99 }), { code: 'overloaded', limit: 'samples' });
  await assert.rejects(select({ signal: AbortSignal.abort(new Error('gone')) }), /gone/);
  await store.close();
});

test('A second store on the same directory is refused, and so is a newer format, untouched', async () => {
  const dataDir = fresh();
  const store = await openTestStore(dataDir);
  await assert.rejects(openTestStore(dataDir), { code: 'already-locked' });
  await store.close();
  writeFileSync(join(dataDir, 'series', 'VERSION'), '2\n');
  await assert.rejects(openTestStore(dataDir), { code: 'newer-format' });
});
