import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMatcher, Labels } from '../../src/series/query/query.ts';
import { temporaryDirectory, until } from './processes.ts';
import { ask, noPrometheus, startPrometheus, valuesOf } from './prometheus-peer.ts';
import { startRemoteSeriesServer } from './series-server.ts';

const nowMs = Math.floor(Date.now() / 1000) * 1000;
const tenant = 'default';

test('with another server for the series, a real Prometheus 3 answers what we are asked and keeps what we are sent', {
  skip: noPrometheus,
}, async (t) => {
  const peer = await startPrometheus(t, join(temporaryDirectory(t, 'peer'), 'c'), 'scrape_configs: []', [
    '--web.enable-remote-write-receiver',
  ]);
  const { url, engine, writer } = await startRemoteSeriesServer(t, peer.url);
  const namespaces = ['shop', 'pay.ments', ''];
  const all = namespaces.map((namespace) =>
    Labels.of({ __name__: 'requests_total', namespace, 'dotted.label': 'ä "x"' }),
  );
  const { refs } = writer.series(tenant, all);
  writer.setMetadata(tenant, 'requests_total', { type: 'counter', help: 'Requests.', unit: '' });
  const count = 4;
  const samples = all.flatMap((_, series) => Array.from({ length: count }, (_, at) => ({ series, at })));
  const values = Float64Array.from(samples, ({ series, at }) => (series + 1) * at * 60);
  const bits = new BigUint64Array(values.buffer);
  bits[count * 3 - 1] = 0x7ff0000000000002n;
  const appended = await writer.append(tenant, {
    refs: Float64Array.from(samples, ({ series }) => refs[series]!),
    timestampsMs: Float64Array.from(samples, ({ at }) => nowMs - (count - 1 - at) * 60_000),
    values,
    length: samples.length,
  });
  assert.deepEqual([appended.taken, appended.conflicting], [12, 0]);

  await t.test('an answer is the same by us as from there', async () => {
    for (const query of [
      'requests_total',
      'sum(rate(requests_total[5m])) by (namespace)',
      'requests_total[3m]',
      '1 + 1',
    ]) {
      const parameters = { query, time: String(nowMs / 1000) };
      assert.deepEqual(await ask(url, '/api/v1/query', parameters), await ask(peer.url, '/api/v1/query', parameters));
    }
    const range = {
      query: 'rate(requests_total[5m])',
      start: String(nowMs / 1000 - 180),
      end: String(nowMs / 1000),
      step: '30s',
    };
    assert.deepEqual(await ask(url, '/api/v1/query_range', range), await ask(peer.url, '/api/v1/query_range', range));
    // The staleness marker came through as one.
    assert.equal((await valuesOf(url, 'requests_total{namespace=""}', nowMs)).size, 0);
    assert.equal((await valuesOf(url, 'requests_total{namespace=""}', nowMs - 60_000)).size, 1);
  });

  await t.test('names and values are had from there', async () => {
    assert.deepEqual(await ask(url, '/api/v1/labels'), ['__name__', 'dotted.label', 'namespace']);
    assert.deepEqual(await ask(url, '/api/v1/label/namespace/values'), ['pay.ments', 'shop']);
    assert.deepEqual(await ask(url, '/api/v1/label/U__dotted_2e_label/values'), ['ä "x"']);
    assert.equal((await ask(url, '/api/v1/series', { 'match[]': 'requests_total' })).length, 3);
    const limited = await engine.matching({
      scope: { tenant, namespaces: '*' },
      matchers: [[createMatcher('=', '__name__', 'requests_total')]],
      minMs: nowMs - 600_000,
      maxMs: nowMs,
      limit: 2,
    });
    assert.deepEqual([limited.series.length, limited.truncated], [2, true]);
  });

  await t.test('the engine gives the values as our own does', async () => {
    const result = await engine.run({
      query: 'requests_total{namespace="shop"}',
      scope: { tenant, namespaces: '*' },
      startMs: nowMs,
      endMs: nowMs,
      stepMs: 0,
    });
    assert.ok(result.value.type === 'vector');
    assert.deepEqual(
      result.value.samples.map(({ labels, value, timeMs }) => [labels.get('namespace'), value, timeMs]),
      [['shop', 180, nowMs]],
    );
  });

  await t.test('who may see some namespaces sees those, in every selector of a query', async () => {
    const limited = await startRemoteSeriesServer(t, peer.url, { namespaces: ['pay.ments'] });
    const seen = async (query: string) => [...(await valuesOf(limited.url, query, nowMs))].map(([labels]) => labels);
    const [own, ...others] = await seen('requests_total');
    assert.match(own!, /pay\.ments/);
    assert.deepEqual(others, []);
    assert.deepEqual(await seen('requests_total{namespace="shop"} or requests_total{namespace="shop"} offset 1m'), []);
    assert.deepEqual(await seen('count(count_over_time(requests_total[5m:1m]))'), ['{}']);
    assert.equal((await valuesOf(limited.url, 'count(requests_total or requests_total)', nowMs)).get('{}'), '1');
    assert.deepEqual(await ask(limited.url, '/api/v1/label/namespace/values'), ['pay.ments']);
    assert.equal((await ask(limited.url, '/api/v1/series', { 'match[]': '{__name__=~".+"}' })).length, 1);
    const none = await startRemoteSeriesServer(t, peer.url, { namespaces: [] });
    assert.equal((await valuesOf(none.url, 'requests_total', nowMs)).size, 0);
    const other = await startRemoteSeriesServer(t, peer.url, { tenant: 'other' });
    assert.equal((await fetch(`${other.url}/api/v1/query?query=up`)).status, 403);
  });

  await t.test('errors are worded as there', async () => {
    for (const query of ['sum(', 'requests_total * on() requests_total']) {
      const [ours, theirs] = await Promise.all(
        [url, peer.url].map(async (server) => {
          const response = await fetch(
            `${server}/api/v1/query?${new URLSearchParams({ query, time: String(nowMs / 1000 - 60) })}`,
          );
          const { errorType, error } = (await response.json()) as Record<string, string>;
          return { status: response.status, errorType, error };
        }),
      );
      assert.deepEqual(ours, theirs);
    }
  });

  await t.test('a server that is gone is said to be', async () => {
    await peer.process.stop();
    const response = await until('an answer', () => fetch(`${url}/api/v1/query?query=up`));
    assert.equal(response.status, 503);
    const { error } = (await response.json()) as { error: string };
    assert.match(error, /the series server at http:\/\/127\.0\.0\.1:\d+ does not answer: connect ECONNREFUSED/);
  });
});
