import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type LokiServer, startLokiServer } from './loki-server.ts';
import { until } from './processes.ts';

/*
 * What Grafana asks, in its order and form: its Loki data source (pkg/tsdb/loki/{healthcheck,api,streaming}.go,
 * public/app/plugins/datasource/loki/{datasource,LanguageProvider,LiveStreams}.ts) and Logs Drilldown
 * (grafana/logs-drilldown, src/services/datasource.ts). Answers are checked for what that code reads.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
type Json = any;

const nowMs = Date.now();
const fromMs = nowMs - 3_600_000;
/** Explore sends nanoseconds, Drilldown RFC 3339 with milliseconds. */
const explored = { start: `${fromMs}000000`, end: `${nowMs}000000` };
const drilled = { start: new Date(fromMs).toISOString(), end: new Date(nowMs).toISOString() };
const minutesAgo = (minutes: number) => BigInt(nowMs - minutes * 60_000) * 1_000_000n;
const selector = '{service_name="shop"}';

let server: LokiServer;
const ends: (() => unknown)[] = [];

before(async () => {
  server = await startLokiServer({ after: (fn) => ends.push(fn) });
  await server.push({ app: 'shop', env: 'prod' }, [
    [minutesAgo(30), 'level=info msg=served took=12ms'],
    [minutesAgo(29), 'level=info msg=served took=13ms'],
    [minutesAgo(28), 'level=error msg="cannot reach payments" took=1.5s'],
  ]);
  await server.push({ app: 'shop', env: 'test' }, [
    [minutesAgo(20), '{"level":"warn","http":{"status":503,"sub path":"/pay"}}'],
    [minutesAgo(10), '{"level":"info","http":{"status":200,"sub path":"/cart"}}'],
  ]);
  await server.push({ app: 'mail' }, [[minutesAgo(5), 'sent']]);
});
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function ask(path: string, parameters: Record<string, string> = {}, headers = {}): Promise<Json> {
  const answer = await fetch(`${server.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, { headers });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${text}`);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  return JSON.parse(text);
}

/** A query as Grafana's back end sends it; the answer must come in the order in which it is read. */
async function query(path: 'query' | 'query_range', parameters: Record<string, string>): Promise<Json> {
  const { status, data } = await ask(path, parameters, { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' });
  assert.equal(status, 'success');
  const names = Object.keys(data);
  const at = (name: string) => names.indexOf(name);
  assert.ok(at('resultType') >= 0 && at('resultType') < at('result'), 'the type tells how to read the result');
  assert.ok(at('encodingFlags') < at('result'), 'and so do the flags');
  assert.ok(at('stats') > at('result'), 'statistics are added to what was read before');
  for (const item of data.result) {
    const [labels, values] = Object.keys(item);
    const forms = data.resultType === 'streams' ? ['stream'] : ['metric'];
    assert.ok(forms.includes(labels!) && ['value', 'values'].includes(values!), JSON.stringify(item));
  }
  return data;
}

function isSample([time, value]: [unknown, unknown]): void {
  assert.ok(typeof time === 'number' && typeof value === 'string' && Number.isFinite(Number(value)));
}

test('"Save & test" finds a working Loki', async () => {
  const parameters = { query: 'vector(1)+vector(1)', time: '4000000000', direction: 'backward' };
  const { resultType, result } = await query('query', parameters);
  assert.equal(resultType, 'vector');
  assert.equal(result.length, 1, 'one frame');
  isSample(result[0].value);
  assert.equal(result[0].value[1], '2');
});

test('Explore offers labels, values and series', async () => {
  const labels = await ask('labels', explored);
  assert.deepEqual(labels, { status: 'success', data: ['app', 'env', 'service_name'] });
  assert.deepEqual((await ask('labels', { ...explored, query: '{app="mail"}' })).data, ['app', 'service_name']);
  assert.deepEqual((await ask('label/env/values', explored)).data, ['prod', 'test']);
  const filtered = await ask('label/app/values', { ...explored, query: '{env="prod"}' });
  assert.deepEqual(filtered, { status: 'success', data: ['shop'] });
  const { detectedLabels } = await ask('detected_labels', explored);
  assert.deepEqual(detectedLabels, [
    { label: 'app', cardinality: 2 },
    { label: 'env', cardinality: 2 },
    { label: 'service_name', cardinality: 2 },
  ]);
  const series = await ask('series', { ...explored, 'match[]': '{app="shop"}' });
  const byEnv = series.data.toSorted((a: Json, b: Json) => (a.env < b.env ? -1 : 1));
  assert.deepEqual(byEnv, [
    { app: 'shop', env: 'prod', service_name: 'shop' },
    { app: 'shop', env: 'test', service_name: 'shop' },
  ]);
});

test('Explore shows lines, with where each of their labels comes from', async () => {
  const asked = { ...explored, step: '2000ms', limit: '1000', direction: 'backward' };
  const { resultType, encodingFlags, result, stats } = await query('query_range', { query: selector, ...asked });
  assert.deepEqual([resultType, encodingFlags], ['streams', ['categorize-labels']]);
  const lines = result.flatMap(({ values }: Json) => values);
  assert.equal(lines.length, 5);
  for (const [time, line, categories] of lines) {
    assert.match(time, /^\d{19}$/);
    assert.equal(typeof line, 'string');
    assert.deepEqual(Object.keys(categories), ['structuredMetadata']);
    assert.ok(['info', 'warn', 'error'].includes(categories.structuredMetadata.detected_level));
  }
  for (const { stream, values } of result) {
    assert.deepEqual(Object.keys(stream), ['app', 'env', 'service_name']);
    const times = values.map(([time]: string[]) => time);
    assert.deepEqual(times, times.toSorted().reverse());
  }
  assert.ok(
    stats.summary.totalBytesProcessed > 0 && typeof stats.summary.execTime === 'number',
    'what it cost is shown',
  );

  const parsed = await query('query_range', { query: `${selector} | json | http_status="503"`, ...asked });
  const [line] = parsed.result[0].values;
  assert.deepEqual(line[2].parsed, { http_status: '503', http_sub_path: '/pay', level: 'warn' });
});

test('Explore draws the volume of lines by level', async () => {
  const volume = `sum by (level, detected_level) (count_over_time(${selector} | drop __error__[1m]))`;
  const { resultType, result } = await query('query_range', { query: volume, ...explored, step: '60000ms' });
  assert.equal(resultType, 'matrix');
  const totals: Record<string, number> = {};
  for (const { metric, values } of result) {
    for (const sample of values) isSample(sample);
    totals[metric.detected_level] = values.reduce((sum: number, [, value]: string[]) => sum + Number(value), 0);
  }
  assert.deepEqual(totals, { error: 1, info: 3, warn: 1 });
});

test('Explore says how much a query will read', async () => {
  const stats = await ask('index/stats', { query: selector, ...explored });
  assert.equal(stats.streams, 2);
  assert.equal(stats.entries, 5);
  assert.ok(stats.bytes > 0 && stats.chunks > 0);
});

test('Explore shows what is around a line', async () => {
  const around = { query: '{app="shop",env="prod"}', limit: '1', step: '2000ms' };
  const later = { start: `${minutesAgo(29)}`, end: `${minutesAgo(0)}`, direction: 'forward' };
  const earlier = { start: `${minutesAgo(60)}`, end: `${minutesAgo(29)}`, direction: 'backward' };
  const [after, before] = [
    await query('query_range', { ...around, ...later }),
    await query('query_range', { ...around, ...earlier }),
  ];
  assert.match(after.result[0].values[0][1], /took=13ms/, 'the start is part of the range');
  assert.match(before.result[0].values[0][1], /took=12ms/, 'and the end is not');
});

test('Explore follows lines as they come', { timeout: 30_000 }, async () => {
  const url = new URL(`${server.url}/loki/api/v1/tail?${new URLSearchParams({ query: '{app="live"}' })}`);
  url.protocol = 'ws:';
  const socket = new WebSocket(url);
  const messages: Json[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  await once(socket, 'open');
  await server.push({ app: 'live' }, [[BigInt(Date.now()) * 1_000_000n, 'level=info msg=now']]);
  await until('the line comes', () => messages.length > 0);
  const [{ streams }] = messages;
  assert.deepEqual(Object.keys(streams[0]), ['stream', 'values']);
  assert.equal(streams[0].stream.app, 'live');
  const [[time, line]] = streams[0].values;
  assert.match(time, /^\d{19}$/);
  assert.equal(line, 'level=info msg=now');
  socket.close();
  await once(socket, 'close');
});

test('Drilldown learns the limits', async () => {
  const { limits, pattern_ingester_enabled, version } = await ask('drilldown-limits');
  assert.equal(limits.volume_enabled, true, 'without it there is no list of services');
  assert.equal(pattern_ingester_enabled, true, 'without it there is no tab of patterns');
  assert.equal(typeof version, 'string');
  for (const name of ['max_query_length', 'max_query_range', 'query_timeout', 'retention_period'])
    assert.match(limits[name], /^\d+s$/, name);
  assert.notEqual(limits.retention_period, '0s');
  assert.ok(Array.isArray(limits.log_level_fields) && Array.isArray(limits.discover_service_name));
});

test('Drilldown lists services by their volume', async () => {
  const asked = { ...drilled, limit: '5000', query: '{service_name=~`.+`}' };
  const { data } = await ask('index/volume', asked);
  const volumes = data.result.map(({ metric, value }: Json) => [metric.service_name, Number(value[1])]);
  assert.deepEqual(
    volumes.map(([name]: Json) => name),
    ['shop', 'mail'],
  );
  assert.ok(volumes.every(([, bytes]: Json) => bytes > 0));
  const levels = `sum(count_over_time(${selector} | detected_level != "" [2m])) by (detected_level)`;
  const { resultType, result } = await query('query_range', { query: levels, ...explored, step: '120000ms' });
  assert.equal(resultType, 'matrix');
  assert.deepEqual(
    result.map(({ metric }: Json) => metric),
    [{ detected_level: 'error' }, { detected_level: 'info' }, { detected_level: 'warn' }],
  );
});

test('Drilldown shows patterns over time', async () => {
  const { data } = await ask('patterns', { ...drilled, query: selector, step: '10s' });
  assert.ok(data.length > 0);
  let lines = 0;
  for (const { pattern, level, samples } of data) {
    assert.equal(typeof pattern, 'string');
    assert.equal(typeof level, 'string');
    for (const [seconds, count] of samples) {
      assert.ok(seconds * 1000 >= fromMs - 10_000 && seconds * 1000 <= nowMs && Number.isInteger(count));
      lines += count;
    }
  }
  assert.equal(lines, 5);
});

test('Drilldown offers labels and fields, with their types, parsers and places in JSON', async () => {
  const { detectedLabels } = await ask('detected_labels', { ...drilled, query: selector });
  assert.deepEqual(
    detectedLabels.map(({ label, cardinality }: Json) => [label, cardinality]),
    [
      ['app', 1],
      ['env', 2],
      ['service_name', 1],
    ],
  );
  assert.ok((await ask('detected_labels', { ...drilled, query: '' })).detectedLabels.length >= 3);
  const { fields } = await ask('detected_fields', { ...drilled, query: selector });
  const byName = Object.fromEntries(fields.map((field: Json) => [field.label, field]));
  assert.deepEqual(byName.took, { label: 'took', type: 'duration', cardinality: 3, parsers: ['logfmt'] });
  assert.deepEqual(byName.level.parsers.toSorted(), ['json', 'logfmt']);
  assert.deepEqual(byName.detected_level.parsers, null, 'it is shown as structured metadata');
  assert.deepEqual(byName.http_status, {
    ...{ label: 'http_status', type: 'int', cardinality: 2, parsers: ['json'] },
    jsonPath: ['http', 'status'],
  });
  assert.deepEqual(byName.http_sub_path.jsonPath, ['http', 'sub path']);
  const { values } = await ask('detected_field/http_status/values', { ...drilled, query: selector });
  assert.deepEqual(values.toSorted(), ['200', '503']);
});

test('a mistake is a text that Grafana shows', async () => {
  const answer = await server.get('/loki/api/v1/query_range', { query: '{app="shop"', ...explored });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /^parse error at line 1, col \d+: syntax error/);
});
