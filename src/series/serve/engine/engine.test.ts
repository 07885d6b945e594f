import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { createMatcher, QueryStoppedError } from '../../query/query.ts';
import { type ApiUnderTest, answerOf, fill, startApiUnderTest } from '../server-under-test.ts';

const threadsOnly = { inlineSamplesMax: -1 };
const scope = { tenant: 'test', namespaces: '*' as const };
/** Computes for minutes over a few series. */
const endless = `count_over_time((${Array.from({ length: 6 }, () => 'sum(rate(up[1h]))').join(' + ')})[30d:1s])`;

async function fillUp({ store }: ApiUnderTest, count = 3, pointCount = 100): Promise<void> {
  for (let series = 0; series < count; series++) {
    const labels = { __name__: 'up', instance: `host-${series}`, namespace: `ns-${series % 2}` };
    await fill(
      store,
      labels,
      Array.from({ length: pointCount }, (_, at) => [at * 15_000, at % 7] as const),
    );
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}

test('a query that takes too long ends as a time-out, and its thread takes the next', async (t) => {
  const api = await startApiUnderTest({ query: { ...threadsOnly, samplesMax: 1e12 } });
  t.after(api.close);
  await fillUp(api);
  const { status, json } = await api.get(`/api/v1/query?query=${encodeURIComponent(endless)}&time=1500&timeout=200ms`);
  assert.equal(status, 503);
  assert.deepEqual([json.errorType, json.error], ['timeout', 'query timed out in query execution']);
  const next = await api.get('/api/v1/query?query=count(up)&time=60');
  assert.equal(next.json.data.result[0].value[1], '3');
});

test('a running query is listed, and ends when it is cancelled', async (t) => {
  const api = await startApiUnderTest({ query: { ...threadsOnly, samplesMax: 1e12 } });
  t.after(api.close);
  await fillUp(api);
  const answer = api.get(`/api/v1/query?query=${encodeURIComponent(endless)}&time=1500`);
  const listed = async () => (await api.get('/taffrail/v1/queries')).json.queries;
  await until(async () => (await listed())[0]?.state === 'computing');
  const [{ id, query, by, seriesRead }] = await listed();
  assert.deepEqual([query, by, seriesRead], [endless, 'someone', 3]);
  assert.equal((await fetch(`${api.url}/taffrail/v1/queries/none`, { method: 'DELETE' })).status, 404);
  assert.equal((await fetch(`${api.url}/taffrail/v1/queries/${id}`, { method: 'DELETE' })).status, 204);
  const { status, json } = await answer;
  assert.deepEqual([status, json.errorType], [499, 'canceled']);
  assert.deepEqual(await listed(), []);
});

test('a query ends when nobody waits for its answer any more', async (t) => {
  const api = await startApiUnderTest({ query: { ...threadsOnly, samplesMax: 1e12 } });
  t.after(api.close);
  await fillUp(api);
  const gone = new AbortController();
  const asked = fetch(`${api.url}/api/v1/query?query=${encodeURIComponent(endless)}&time=1500`, {
    signal: gone.signal,
  });
  await until(() => api.engine.queries('test')[0]?.state === 'computing');
  gone.abort();
  await assert.rejects(asked);
  await until(() => api.engine.queries('test').length === 0);
});

test('further queries wait for their turn, and too many of them are refused', async (t) => {
  const api = await startApiUnderTest({ query: { runningMax: 1, queuedMax: 1 } });
  t.after(api.close);
  await fillUp(api);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  api.store.onSelect = () => held;
  const first = api.get('/api/v1/query?query=up&time=60');
  await until(() => api.engine.queries('test')[0]?.state === 'reading');
  const second = api.get('/api/v1/query?query=up&time=75');
  await until(() => api.engine.queries('test').length === 2);
  const third = await api.get('/api/v1/query?query=up&time=90');
  assert.deepEqual([third.status, third.json.errorType, third.headers.get('retry-after')], [503, 'unavailable', '1']);
  assert.match(third.json.error, /1 queries are waiting already \(setting query-queue-max\)/);
  letGo();
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
});

test('a query that waits can be cancelled, too', async (t) => {
  const api = await startApiUnderTest({ query: { runningMax: 1 } });
  t.after(api.close);
  await fillUp(api);
  api.store.onSelect = () => new Promise(() => {});
  const query = { query: 'up', scope, startMs: 0, endMs: 0, stepMs: 0 };
  const gone = new AbortController();
  void api.engine.run(query).catch(() => {});
  const waiting = api.engine.run({ ...query, signal: gone.signal });
  await until(() => api.engine.queries('test').length === 2);
  gone.abort();
  await assert.rejects(waiting, (error) => error instanceof QueryStoppedError && error.reason === 'canceled');
});

test('a query that would hold too many samples is refused before they are read to the end', async (t) => {
  const api = await startApiUnderTest({ query: { samplesMax: 150 } });
  t.after(api.close);
  await fillUp(api);
  const { status, json } = await api.get('/api/v1/query?query=up[1h]&time=1500');
  assert.deepEqual([status, json.errorType], [422, 'execution']);
  assert.match(json.error, /too many samples/);
});

test('a large answer comes in pieces, compressed where that is asked for, and giving it up frees the thread', async (t) => {
  const api = await startApiUnderTest({ query: { ...threadsOnly, runningMax: 1 } });
  t.after(api.close);
  await fillUp(api, 200, 200);
  const path = '/api/v1/query_range?query=up&start=0&end=2985&step=15';
  const plain = await (await fetch(api.url + path, { headers: { 'accept-encoding': 'identity' } })).text();
  assert.ok(plain.length > 300_000);
  assert.equal(JSON.parse(plain).data.result.length, 200);
  for (const [encoding, decode] of [
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const) {
    const { body, headers } = await rawGet(api.url + path, encoding);
    assert.equal(headers['content-encoding'], encoding);
    assert.equal(decode(body).toString(), plain);
  }
  const pieces = await api.engine.runToJson({ query: 'up', scope, startMs: 0, endMs: 2_985_000, stepMs: 15_000 });
  for await (const piece of pieces) {
    assert.ok(piece.length > 0);
    break;
  }
  const unread = await api.engine.runToJson({ query: 'up', scope, startMs: 0, endMs: 2_985_000, stepMs: 15_000 });
  await unread[Symbol.asyncIterator]().return!();
  assert.deepEqual(api.engine.queries('test'), []);
  assert.equal((await api.get('/api/v1/query?query=1')).status, 200);
});

async function rawGet(url: string, encoding: string): Promise<{ body: Buffer; headers: Record<string, unknown> }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request(url, { headers: { 'accept-encoding': encoding } }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ body: Buffer.concat(chunks), headers: response.headers });
    })
      .on('error', reject)
      .end();
  });
}

test('values come back from a thread as they are on the spot, odd ones and staleness included', async (t) => {
  const spot = await startApiUnderTest();
  const thread = await startApiUnderTest({ query: threadsOnly });
  t.after(() => Promise.all([spot.close(), thread.close()]));
  const stale = new Float64Array(BigUint64Array.of(0x7ff0000000000002n).buffer);
  for (const { store } of [spot, thread]) {
    await fill(store, { __name__: 'odd' }, [
      [0, Number.NaN],
      [15_000, Number.NEGATIVE_INFINITY],
      [30_000, -0],
    ]);
    const { refs } = store.series('test', [(await store.matching(scope, [], 0, 1e9, 1)).series[0]!]);
    await store.append('test', { refs, timestampsMs: Float64Array.of(45_000), values: stale, length: 1 });
  }
  const query = { query: 'odd', scope, startMs: 0, endMs: 60_000, stepMs: 15_000 };
  const [a, b] = await Promise.all([spot.engine.run(query), thread.engine.run(query)]);
  assert.deepEqual(b.value, a.value);
  assert.ok(a.value.type === 'matrix');
  assert.deepEqual([...a.value.series[0]!.values], [Number.NaN, Number.NEGATIVE_INFINITY, -0]);
});

test('figures of a run are there where they are asked for', async (t) => {
  const spot = await startApiUnderTest();
  const thread = await startApiUnderTest({ query: threadsOnly });
  t.after(() => Promise.all([spot.close(), thread.close()]));
  for (const api of [spot, thread]) {
    await fillUp(api);
    const { json } = await api.get('/api/v1/query?query=up[1m]&time=60&stats=all');
    assert.ok(json.data.stats.timings.execTotalTime > 0);
    assert.ok(json.data.stats.samples.totalQueryableSamples >= 3 * 4);
    assert.equal((await api.get('/api/v1/query?query=up&time=60')).json.data.stats, undefined);
  }
});

test('who may see some namespaces sees the series, names and values of those', async (t) => {
  const api = await startApiUnderTest({ principal: { namespaces: ['ns-1'] } });
  t.after(api.close);
  await fillUp(api);
  const dataOf = async (path: string) => (await api.get(path)).json.data;
  assert.equal((await dataOf('/api/v1/query?query=up&time=60')).result.length, 1);
  assert.equal((await dataOf('/api/v1/query?query=count(up%20or%20up)&time=60')).result[0].value[1], '1');
  assert.equal((await dataOf('/api/v1/series?match[]=up')).length, 1);
  assert.deepEqual(await dataOf('/api/v1/label/namespace/values'), ['ns-1']);
  assert.deepEqual(await dataOf('/api/v1/label/instance/values'), ['host-1']);
  assert.doesNotMatch((await api.get('/federate?match[]=up')).text, /ns-0/);
  const agent = await startApiUnderTest({ principal: { roles: ['agent'] } });
  t.after(agent.close);
  for (const path of [
    'query?query=up',
    'query_range?query=up&start=0&end=1&step=1',
    'labels',
    'label/x/values',
    'series?match[]=up',
    'metadata',
    'targets',
    'status/tsdb',
    'query_exemplars?query=up',
    'rules',
  ]) {
    assert.equal((await agent.get(`/api/v1/${path}`)).status, 403, path);
  }
});

test('deleting series is behind a setting and a role, and goes to the store as it was asked', async (t) => {
  const off = await startApiUnderTest();
  const on = await startApiUnderTest({ adminApi: true });
  const reader = await startApiUnderTest({ adminApi: true, principal: { roles: ['reader'] } });
  t.after(() => Promise.all([off.close(), on.close(), reader.close()]));
  const remove = async ({ url }: ApiUnderTest, query: string) =>
    answerOf(await fetch(`${url}/api/v1/admin/tsdb/delete_series?${query}`, { method: 'POST' }));
  const refused = await remove(off, 'match[]=up');
  assert.deepEqual([refused.status, refused.json.error], [503, 'admin APIs disabled']);
  assert.equal((await remove(reader, 'match[]=up')).status, 403);
  assert.equal((await remove(on, '')).status, 400);
  assert.equal((await remove(on, 'match[]=up&start=1&end=2.5')).status, 204);
  assert.deepEqual(on.store.deleted.map(String), [
    [scope, [createMatcher('=', '__name__', 'up')], 1000, 2500].map(String).join(','),
  ]);
});
