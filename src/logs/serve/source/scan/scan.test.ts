import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../../base/clock.ts';
import { MetricsRegistry } from '../../../../telemetry/telemetry.ts';
import { rangeQuery } from '../../../query/query.ts';
import type { PlainStream } from '../../../query/run/plain-engine-under-test.ts';
import {
  checkLines,
  checkWindows,
  linesQuery,
  streams,
  windowsQuery,
} from '../../../query/run/random-logs-under-test.ts';
import type { DurableStore } from '../../../store/durable-store.ts';
import { anyone, entry } from '../../../store/pushed-fixture.ts';
import { openTestStore, temporaryDirectory } from '../../../store/store-fixture.ts';
import { Cluster, tenant } from '../../server-under-test.ts';
import { StoreSource } from '../store-source.ts';
import { ScanThreads } from './scan-threads.ts';

/* Queries through threads over a real store, also while it merges, takes lines, drops packs and loses threads. */

const everything = { tenant, namespaces: '*' as const };
const startMs = Date.UTC(2024, 0, 1);
const [startNs, endNs] = [BigInt(startMs) * 1_000_000n, BigInt(Date.UTC(2024, 0, 2)) * 1_000_000n];

let threads: ScanThreads;
before(async () => {
  threads = newThreads();
  await threads.start();
});
after(() => threads.close());

/** Nothing is so small that it is read on the main thread. */
function newThreads(settings: ConstructorParameters<typeof ScanThreads>[0]['settings'] = {}): ScanThreads {
  const small = { threadsMax: 2, inlineTextBytesMax: -1, batchTextBytes: 200 };
  return new ScanThreads({ clock: systemClock, metrics: new MetricsRegistry(), settings: { ...small, ...settings } });
}

async function openedStore(t: { after(f: () => unknown): void }, packBytesMax = 64 * 1024 * 1024) {
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path, { packBytesMax, compact: { textBytesMin: 1, shareMax: 1000 } });
  t.after(async () => {
    await store.close();
    directory.remove();
  });
  return { store, packs: join(directory.path, 'store', 'packs') };
}

/** Lines of one container, `perBlock` in each of the blocks that are appended. */
async function written(store: DurableStore, blocks: number, perBlock: number): Promise<Cluster> {
  const cluster = new Cluster(store);
  const id = await cluster.run();
  for (let block = 0; block < blocks; block++) {
    const lines = Array.from({ length: perBlock }, (_, at) => `line ${block * perBlock + at} of many`);
    await cluster.write(id, lines, block + 1);
  }
  return cluster;
}

async function counted(
  store: DurableStore,
  pool: ScanThreads,
  query = 'sum(count_over_time({pod="web-1"} |= "line" [24h]))',
) {
  const source = new StoreSource(store, { threads: pool });
  const request = { query, source, scope: everything, startNs: endNs, endNs, stepNs: 1e9 };
  const { value, statistics } = await rangeQuery(request);
  assert.ok(value.type === 'matrix');
  return { count: value.series[0]?.values[0] ?? 0, statistics };
}

async function push(
  store: DurableStore,
  scope: { tenant: string },
  all: readonly PlainStream[],
  part: number,
): Promise<void> {
  const entries = all.map(({ labels, lines }) => {
    const some = lines.filter((_, at) => at % 3 === part);
    return entry(
      labels,
      some.map(({ timeNs, line }) => [Number(timeNs / 1_000_000n), String(line)]),
    );
  });
  await store.push(
    scope.tenant,
    anyone,
    entries.filter(({ from }) => from.length > 0),
  );
}

test('threads find what a plain evaluator finds, with blocks half merged and while lines come in', async (t) => {
  const { store } = await openedStore(t);
  let cases = 0;
  let isOver = false;
  const ingest = (async () => {
    for (let ms = 0; !isOver; ms += 10) {
      await systemClock.sleep(20);
      await store.push('others', anyone, [entry({ app: 'a', env: 'test' }, [[ms, 'a line of another tenant']])]);
      await store.tidy();
    }
  })();
  const property = fc.asyncProperty(streams, linesQuery, windowsQuery, async (all, lines, windows) => {
    const scope = { tenant: `case-${cases++}`, namespaces: '*' as const };
    for (const part of [0, 1, 2]) {
      await push(store, scope, all, part);
      if (part === 1) await store.tidy();
    }
    await checkLines(all, lines, new StoreSource(store, { threads }), scope);
    await checkWindows(all, windows, new StoreSource(store, { threads }), scope);
  });
  try {
    await fc.assert(property, { numRuns: 25 });
  } finally {
    isOver = true;
    await ingest;
  }
});

test('every line of a container is counted once, however often its blocks are merged meanwhile', async (t) => {
  const { store } = await openedStore(t, 20_000);
  const cluster = await written(store, 40, 20);
  const counts: Promise<number>[] = [];
  for (let round = 0; round < 5; round++) {
    counts.push(counted(store, threads).then(({ count }) => count));
    await store.tidy();
    counts.push(counted(store, threads).then(({ count }) => count));
  }
  assert.deepEqual([...new Set(await Promise.all(counts))], [800]);
  assert.equal(cluster.store, store);
});

test('the newest lines come first, and older blocks are not read for them', async (t) => {
  const { store } = await openedStore(t);
  await written(store, 50, 10);
  const source = new StoreSource(store, { threads });
  const request = { query: '{pod="web-1"}', source, scope: everything, startNs, endNs, stepNs: 0, limit: 15 };
  const { value, statistics } = await rangeQuery({ ...request, direction: 'backward' });
  assert.ok(value.type === 'streams');
  const lines = value.streams.flatMap(({ entries }) => entries).sort((a, b) => Number(b.timeNs - a.timeNs));
  assert.deepEqual(
    lines.map(({ line }) => line),
    Array.from({ length: 15 }, (_, at) => `line ${499 - at} of many`),
  );
  assert.ok(statistics.blocksOpened < 50, `${statistics.blocksOpened} blocks`);
  assert.ok(statistics.bytesRead > 0);
});

test('blocks of which only the number of lines matters are not opened', async (t) => {
  const { store } = await openedStore(t);
  await written(store, 10, 100);
  for (const query of ['sum(count_over_time({pod="web-1"}[24h]))', 'sum by (pod) (rate({pod="web-1"}[24h]))']) {
    const { count, statistics } = await counted(store, threads, query);
    assert.equal(query.includes('rate') ? Math.round(count * 24 * 3600) : count, 1000);
    assert.deepEqual([statistics.blocksOpened, statistics.blocksSkipped, statistics.bytesRead], [0, 10, 0]);
  }
  const byOutput = await counted(store, threads, 'sum by (stream) (count_over_time({pod="web-1"}[24h]))');
  assert.deepEqual([byOutput.count, byOutput.statistics.blocksOpened], [1000, 10]);
  const source = new StoreSource(store, { threads });
  const request = { query: 'sum(count_over_time({pod="web-1"}[50ms]))', source, scope: everything };
  const { value } = await rangeQuery({ ...request, startNs, endNs: startNs + 20_000_000_000n, stepNs: 50e6 });
  assert.ok(value.type === 'matrix');
  const sum = value.series[0]!.values.reduce((total, each) => total + each, 0);
  assert.equal(sum, 1000);
});

test('of blocks that cannot hold what a negative filter refuses, lines are counted without opening them', async (t) => {
  const { store } = await openedStore(t);
  // No block stays open.
  const pool = newThreads({ cacheBytesMax: 0 });
  t.after(() => pool.close());
  for (const app of ['a', 'b', 'c']) {
    const lines = Array.from({ length: 50 }, (_, at): [number, string] => [
      startMs + 1 + at,
      `POST /widget/${at} of ${app}`,
    ]);
    await store.push(tenant, anyone, [entry({ app, env: app === 'c' ? 'live' : 'test' }, lines)]);
  }
  await store.tidy();
  const ask = (filter: string, by = '') =>
    counted(store, pool, `sum${by} (count_over_time({app=~".+"} ${filter} [24h]))`);
  // Filters are not known before the first query.
  assert.equal((await ask('!= "GET"')).count, 150);
  for (const [filter, by, count] of [
    ['!= "GET"', '', 150],
    ['!~ "(?i)patch" != "GET"', ' by (env)', 50],
    ['|= "GET" or "PATCH"', '', 0],
  ] as const) {
    const { count: found, statistics } = await ask(filter, by);
    assert.deepEqual([found, statistics.blocksOpened, statistics.bytesRead], [count, 0, 0], filter);
  }
  assert.equal((await ask('!~ "(?i)get"')).count, 0);
});

test('no thread is started for what filters decide, or waited for where that takes little', async (t) => {
  const { store } = await openedStore(t);
  for (const [app, word] of ['apple', 'cherry', 'plum', 'cherry'].entries()) {
    const lines = Array.from({ length: 50 }, (_, at): [number, string] => [startMs + 1 + at, `a ${word} of ${at}`]);
    await store.push(tenant, anyone, [entry({ app: `app-${app}`, env: `env-${app}` }, lines)]);
  }
  await store.tidy();
  const ask = async (pool: ScanThreads, filter: string, by = '') =>
    counted(store, pool, `sum${by} (count_over_time({app=~".+"} ${filter} [24h]))`);
  const fresh = () => {
    const pool = newThreads({ inlineTextBytesMax: 0 });
    t.after(() => pool.close());
    return pool;
  };
  const [first, second, third] = [fresh(), fresh(), fresh()];
  const absent = await ask(first, '|= "banana"');
  assert.deepEqual([absent.count, first.size, absent.statistics.blocksOpened], [0, 0, 0]);
  assert.ok(absent.statistics.bytesRead > 0);
  // All of them, at once.
  assert.equal((await ask(second, '!= "banana"', ' by (env)')).count, 50);
  assert.equal(second.size, 0);
  const some = await ask(third, '|= "cherry"');
  assert.deepEqual([some.count, third.isReady, some.statistics.blocksOpened > 0], [100, false, true]);
  // For whoever asks next.
  assert.equal(third.size, 1);
  const fourth = fresh();
  assert.equal((await ask(fourth, '|~ "cherry of [0-9]$"')).count, 20);
  assert.ok(fourth.isReady);
});

test('what has been unlinked since it was listed is read where it lies now', async (t) => {
  const { store, packs } = await openedStore(t, 4000);
  await written(store, 40, 20);
  const read = new Set(readdirSync(packs));
  const list = store.list.bind(store);
  // The packs that were listed are gone before the threads open them.
  store.list = (...args) =>
    list(...args).map((block) => ({ ...block, place: { ...block.place, path: `${block.place.path}.gone` } }));
  assert.equal((await counted(store, threads)).count, 800);
  assert.ok(read.size > 1);
});

test('however much room there is for blocks that stay open, every query finds the same', async (t) => {
  const { store } = await openedStore(t, 20_000);
  const cluster = new Cluster(store);
  for (let run = 0; run < 6; run++) {
    const id = await cluster.run({ attempt: run });
    await cluster.write(
      id,
      Array.from({ length: 300 }, (_, at) => `line ${at} of run-${run} took ${at * 7}ms`),
      run + 1,
    );
  }
  await store.tidy();
  const queries = ['|= "run-3"', '!= "run-3"', '|= "line 7"', '|~ "took [1-3]+ms"', '|= "never"'];
  const answers: (number | undefined)[][] = [];
  const newest: string[] = [];
  for (const [cacheBytesMax, filterBytesMax] of [
    [0, 0],
    [30_000, 2000],
    [undefined, undefined],
  ]) {
    const pool = newThreads({
      ...(cacheBytesMax !== undefined && { cacheBytesMax }),
      ...(filterBytesMax !== undefined && { filterBytesMax }),
    });
    t.after(() => pool.close());
    for (const _ of [1, 2, 3]) {
      const counts: (number | undefined)[] = [];
      for (const query of queries) {
        const { count } = await counted(store, pool, `sum(count_over_time({pod="web-1"} ${query} [24h]))`);
        counts.push(count);
      }
      answers.push(counts);
      const source = new StoreSource(store, { threads: pool });
      const request = { query: '{pod="web-1"} |= "line 7"', source, scope: everything, startNs, endNs, stepNs: 0 };
      const { value } = await rangeQuery({ ...request, limit: 40, direction: 'backward' });
      assert.ok(value.type === 'streams');
      newest.push(
        value.streams
          .flatMap(({ entries }) => entries.map(({ timeNs, line }) => `${timeNs} ${line}`))
          .sort()
          .join(),
      );
    }
  }
  assert.equal(new Set(newest).size, 1);
  assert.equal(newest[0]!.split(',').length, 40);
  const lines = Array.from({ length: 300 }, (_, at) => at);
  const sevens = 6 * lines.filter((at) => String(at).startsWith('7')).length;
  const took = 6 * lines.filter((at) => /^[1-3]+$/.test(String(at * 7))).length;
  assert.deepEqual(answers, Array(9).fill([300, 1500, sevens, took, 0]));
});

test('a damaged block is lost and counted, and the rest is read', async (t) => {
  const { store, packs } = await openedStore(t);
  await written(store, 10, 20);
  const path = join(packs, readdirSync(packs).sort()[0]!);
  const [damaged] = store.list(everything, store.instances(everything, {})[0]!.id, {});
  const bytes = readFileSync(path);
  bytes[damaged!.place.offset + damaged!.place.bytes - 10]! ^= 1;
  writeFileSync(path, bytes);
  assert.equal((await counted(store, threads)).count, 180);
  assert.equal(store.instances(everything, {})[0]!.gaps.length, 1);
  assert.equal((await counted(store, threads)).count, 180);
});

test('a block whose filter cannot be read is lost and counted, also while there is no thread yet', async (t) => {
  const { store, packs } = await openedStore(t);
  await written(store, 10, 20);
  await store.tidy();
  const [damaged] = store.list(everything, store.instances(everything, {})[0]!.id, {});
  const path = join(packs, readdirSync(packs).find((name) => damaged!.place.path.endsWith(name))!);
  const bytes = readFileSync(path);
  const table = bytes.indexOf('TFC1', damaged!.place.offset);
  assert.ok(table > 0, 'the block is compact');
  bytes[table + 20]! ^= 1;
  writeFileSync(path, bytes);
  const cold = newThreads();
  t.after(() => cold.close());
  assert.equal((await counted(store, cold)).count, 200 - damaged!.lineCount);
  assert.equal(store.instances(everything, {})[0]!.gaps.length, 1);
});

test('while threads come up large blocks wait for them, and the main thread has time for others', async (t) => {
  const { store } = await openedStore(t);
  const text = 'x'.repeat(2000);
  const lines = Array.from({ length: 500 }, (_, ms): [number, string] => [startMs + 1 + ms, `${ms} ${text}`]);
  await store.push(tenant, anyone, [entry({ app: 'heavy' }, lines)]);
  const cold = newThreads({ inlineTextBytesMax: 64 * 1024 });
  t.after(() => cold.close());
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  t.after(() => clearInterval(timer));
  // A second or so of work.
  const slow = '| line_format "{{ regexReplaceAll \\"(a|aa)+b\\" __line__ \\"x\\" }}"'.repeat(30);
  const { count } = await counted(store, cold, `sum(count_over_time({app="heavy"} ${slow} |= "x" [24h]))`);
  assert.equal(count, 500);
  assert.ok(turns > 20, `${turns} turns`);
});

test('a thread that ends fails the query that it worked for, and another takes its place', async (t) => {
  const { store } = await openedStore(t);
  await written(store, 80, 20);
  const pool = newThreads({ threadHeapMiBMax: 512 });
  t.after(() => pool.close());
  await pool.start();
  const all = Array.from({ length: 4 }, () => counted(store, pool).then(({ count }) => count, String));
  await new Promise(setImmediate);
  await pool.endOne();
  const outcomes = await Promise.all(all);
  assert.ok(
    outcomes.every((outcome) => outcome === 1600 || String(outcome).includes('has ended')),
    String(outcomes),
  );
  assert.ok(outcomes.includes(1600));
  assert.equal((await counted(store, pool)).count, 1600);
});

test('a query ends when it is cancelled and when its time is over, whatever its threads do', async (t) => {
  const { store } = await openedStore(t);
  await written(store, 100, 100);
  const request = {
    query: 'sum(count_over_time({pod="web-1"} |~ `(a*)*[0-9]+(b|c)?n` | regexp `(?P<x>(a|b|n)*y)` [24h]))',
    scope: everything,
    startNs: endNs,
    endNs,
    stepNs: 1e9,
  };
  const abort = new AbortController();
  const cancelled = rangeQuery({ ...request, source: new StoreSource(store, { threads }), signal: abort.signal });
  await new Promise(setImmediate);
  abort.abort();
  await assert.rejects(cancelled, { name: 'QueryStoppedError', why: 'canceled' });
  const late = rangeQuery({ ...request, source: new StoreSource(store, { threads }) }, { timeoutMs: 1 });
  await assert.rejects(late, { name: 'QueryStoppedError', why: 'timeout' });
  assert.equal((await counted(store, threads)).count, 10_000);
});

test('many queries at once are all answered', async (t) => {
  const { store } = await openedStore(t);
  await written(store, 20, 20);
  const counts = await Promise.all(Array.from({ length: 50 }, () => counted(store, threads)));
  assert.deepEqual([...new Set(counts.map(({ count }) => count))], [400]);
});

test('a query that fails in a thread fails with what was wrong', async (t) => {
  const { store } = await openedStore(t);
  await written(store, 3, 5);
  const failing = counted(
    store,
    threads,
    'sum_over_time({pod="web-1"} | pattern "line <n> <rest>" | unwrap rest [24h])',
  );
  await assert.rejects(failing, { name: 'PipelineError', message: /SampleExtractionErr/ });
});
