import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd, type Cleanup, startServing, temporaryDirectory } from './processes.ts';

const nowMs = Date.now();

async function serving(t: Cleanup, ...flags: string[]): Promise<string> {
  const { process, url } = await startServing('server', join(temporaryDirectory(t, 'flags'), 'data'), flags);
  atEnd(t, () => process.stop());
  return url;
}

/** Writes a sample of each of these series of `level` by OTLP, and gives what the answer says of those that were refused. */
async function write(url: string, names: readonly string[], value = 1): Promise<{ rejected: number; why: string }> {
  const dataPoints = names.map((name) => ({
    asDouble: value,
    timeUnixNano: `${nowMs}000000`,
    attributes: [{ key: 'series', value: { stringValue: name } }],
  }));
  const metrics = [{ name: 'level', gauge: { dataPoints } }];
  const response = await fetch(`${url}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  const { partialSuccess = {} } = (await response.json()) as {
    partialSuccess?: { rejectedDataPoints?: string; errorMessage?: string };
  };
  return { rejected: Number(partialSuccess.rejectedDataPoints ?? 0), why: partialSuccess.errorMessage ?? '' };
}

async function ask(url: string, path: string, parameters: Record<string, string>, method = 'GET') {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`, { method });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

async function currentOf(url: string, query: string): Promise<string | undefined> {
  const { json } = await ask(url, 'query', { query, time: String(nowMs / 1000) });
  return json.data.result[0]?.value[1];
}

const letters = [...'abcdefgh'];

test('--series-max refuses further series by the name of the limit, and those that are there go on', async (t) => {
  const url = await serving(t, '--series-max', '5');
  assert.deepEqual(await write(url, letters.slice(0, 3)), { rejected: 0, why: '' });
  const { rejected, why } = await write(url, letters, 1);
  assert.equal(rejected, 3);
  assert.match(why, /^there are 5 series already \(seriesMax\) \(3 samples\)$/);
  assert.equal(await currentOf(url, 'count(level)'), '5');
});

test('--query-max-samples refuses a query that would read or make more, and says so', async (t) => {
  const url = await serving(t, '--query-max-samples', '100');
  await write(url, letters);
  for (const query of ['count_over_time(vector(1)[30d:1s])', 'sum_over_time(level[1d:1s])']) {
    const { status, json } = await ask(url, 'query', { query, time: String(nowMs / 1000) });
    assert.deepEqual([status, json.errorType], [422, 'execution'], query);
    assert.match(json.error, /too many samples/);
  }
  assert.equal(await currentOf(url, 'count(level)'), '8');
});

test('series are deleted where --series-admin-api says so, and nowhere else', async (t) => {
  const [off, on] = [await serving(t), await serving(t, '--series-admin-api')];
  const wanted = { 'match[]': 'level{series=~"a|b"}' };
  for (const url of [off, on]) await write(url, letters);
  const refused = await ask(off, 'admin/tsdb/delete_series', wanted, 'POST');
  assert.deepEqual([refused.status, refused.json.error], [503, 'admin APIs disabled']);
  assert.equal((await ask(on, 'admin/tsdb/delete_series', wanted, 'POST')).status, 204);
  assert.equal(await currentOf(off, 'count(level)'), '8');
  assert.equal(await currentOf(on, 'count(level)'), '6');
});

test('--enable-feature switches on what Prometheus has behind it, and the flags say what is on', async (t) => {
  const names = ['promql-experimental-functions', 'promql-duration-expr', 'promql-delayed-name-removal'];
  const [off, on] = [await serving(t), await serving(t, '--enable-feature', names.join())];
  for (const url of [off, on]) await write(url, letters, 4);
  const asked = (url: string, query: string) => ask(url, 'query', { query, time: String(nowMs / 1000) });
  for (const [query, value] of [
    ['sum(sort_by_label(level, "series"))', '32'],
    ['sum(count_over_time(level[1m + 1m]))', '8'],
  ] as const) {
    assert.equal((await asked(off, query)).status, 400, query);
    assert.equal((await asked(on, query)).json.data.result[0].value[1], value, query);
  }
  const byName = 'sum by (__name__) (abs(level))';
  assert.deepEqual((await asked(off, byName)).json.data.result[0].metric, {});
  const { json } = await ask(on, 'status/flags', {});
  assert.equal(json.data['enable-feature'], names.join());
});
