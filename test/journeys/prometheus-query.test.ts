import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { Labels } from '../../src/series/query/query.ts';
import { RemoteWriter } from '../../src/series/remote/remote.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { atEnd, type Cleanup, run, startServing, taffrail, temporaryDirectory } from './processes.ts';
import { noPrometheus, startPrometheus } from './prometheus-peer.ts';

const nowMs = Math.floor(Date.now() / 1000) * 1000;
const time = String(nowMs / 1000);

/** Two series of five samples, a minute apart. */
async function fillServer(url: string): Promise<void> {
  const access = { url: new URL(url), headers: () => ({}), tenantHeader: null, timeoutMs: 10_000 };
  const parts = { clock: systemClock, log: silentLogger, metrics: new MetricsRegistry(), random: Math.random };
  const writer = new RemoteWriter(access, parts);
  const all = ['a', 'b'].map((pod) => Labels.of({ __name__: 'requests_total', pod }));
  const { refs } = writer.series('default', all);
  const samples = [0, 1].flatMap((series) => Array.from({ length: 5 }, (_, at) => ({ series, at })));
  const { taken } = await writer.append('default', {
    refs: Float64Array.from(samples, ({ series }) => refs[series]!),
    timestampsMs: Float64Array.from(samples, ({ at }) => nowMs - (4 - at) * 60_000),
    values: Float64Array.from(samples, ({ series, at }) => (series + 1) * at),
    length: samples.length,
  });
  assert.equal(taken, 10);
}

async function serving(
  t: Cleanup,
  flags: readonly string[] = [],
): Promise<{ url: string; query: Query; taffrail: Query }> {
  const dataDir = join(temporaryDirectory(t, 'query'), 'data');
  const { process, url } = await startServing('server', dataDir, flags);
  atEnd(t, () => process.stop());
  const command: Query = async (name, ...args) => {
    const { code, stdout, stderr } = await run(taffrail, [name!, '--data-dir', dataDir, ...args]);
    return { code, stdout: stdout.toString(), stderr };
  };
  return { url, query: (...args) => command('query', ...args), taffrail: command };
}
type Query = (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;

test('taffrail query asks a server and shows tables, charts, CSV and JSON', async (t) => {
  const { url, query } = await serving(t);
  await fillServer(url);

  const instant = await query('--promql', 'requests_total', '--time', time);
  assert.equal(instant.stdout, 'METRIC           POD   VALUE\nrequests_total   a     4\nrequests_total   b     8\n');
  assert.equal((await query('--promql', '1 + 1')).stdout, '2\n');

  const range = ['--promql', 'requests_total', '--since', String(nowMs / 1000 - 240), '--until', time, '--step', '1m'];
  const drawn = await query(...range);
  assert.match(drawn.stdout, /^ +8 ┤.*\n/);
  assert.match(drawn.stdout, /^━ requests_total {3}b {5}0 {5}8 {5}8 {6}▁▃▅▇█$/m);
  const csv = (await query(...range, '-o', 'csv')).stdout.split('\n');
  assert.equal(csv[0], 'metric,pod,time,value');
  assert.equal(csv[1], `requests_total,a,${new Date(nowMs - 240_000).toISOString()},0`);
  assert.equal(csv.length, 12);
  const json = JSON.parse((await query('--promql', 'requests_total', '--time', time, '-o', 'json')).stdout);
  assert.equal(json.resultType, 'vector');

  const warned = await query('--promql', 'rate(requests_total[5m])', '--time', time, '--limit', '1');
  assert.match(warned.stderr, /warning: results truncated due to limit/);
  const nothing = await query('--promql', 'none');
  assert.deepEqual([nothing.code, nothing.stdout, nothing.stderr], [0, '', 'No series found.\n']);
});

test('taffrail series and labels list what there is of samples, too', async (t) => {
  const { url, taffrail } = await serving(t);
  await fillServer(url);
  const times = ['--since', '1h', '--until', '0s'];
  const lines = async (...args: string[]) => (await taffrail(...args, ...times)).stdout.split('\n').slice(0, -1);
  assert.deepEqual(await lines('series', '--promql'), ['requests_total{pod="a"}', 'requests_total{pod="b"}']);
  assert.deepEqual(await lines('series', '--promql', '{pod="b"}', 'none'), ['requests_total{pod="b"}']);
  assert.deepEqual(await lines('labels', '--promql'), ['__name__', 'pod']);
  assert.deepEqual(await lines('labels', '--promql', 'pod', '--match', 'requests_total{pod!="a"}'), ['b']);
  // Without the flag it is log streams, of which there are none.
  assert.deepEqual(await lines('series'), []);
  const wrong = await taffrail('series', '--promql', 'up{');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^error: invalid parameter "match\[\]": 1:4: parse error/);
});

test('what is asked for wrongly is said, with an exit code of its own', async (t) => {
  const { query } = await serving(t);
  const cases: [string[], number, RegExp][] = [
    [['--promql', 'sum('], 1, /^error: invalid parameter "query": 1:5: parse error: unclosed left parenthesis\n/],
    [['up'], 2, /^error: parse error at line 1, col 1: .*\nhint: .*for metrics, say --promql\n/],
    [['--promql', 'up', '--time', 'soon'], 2, /^error: --time: "soon" is no time; write how long ago, like 2h/],
    [['--promql', 'up', '--time', '1h', '--since', '2h'], 2, /^error: --time asks at one time/],
    [['--promql', 'up', '--since', '1h', '--until', '2h'], 2, /^error: --since is later than --until/],
    [['--promql', 'up', '--since', '90d', '--step', '1s'], 1, /exceeded maximum resolution of 11,000 points/],
  ];
  for (const [args, code, message] of cases) {
    const finished = await query(...args);
    assert.equal(finished.code, code, finished.stderr);
    assert.match(finished.stderr, message);
  }
});

test('metrics, labels and values are completed', async (t) => {
  const { url } = await serving(t);
  await fillServer(url);
  const completed = async (word: string) =>
    (await run(taffrail, ['__complete', '--server', url, '--', 'query', '--promql', word])).stdout.toString();
  assert.equal(await completed('sum(req'), 'sum(requests_total\n');
  assert.equal(await completed('requests_total{p'), 'requests_total{pod=\n');
  assert.equal(await completed('requests_total{pod="'), 'requests_total{pod="a"\nrequests_total{pod="b"\n');
  assert.equal(await completed('none'), '');
});

test('with --series-url the series are in a real Prometheus 3', { skip: noPrometheus }, async (t) => {
  const peer = await startPrometheus(t, join(temporaryDirectory(t, 'peer'), 'f'), 'scrape_configs: []', [
    '--web.enable-remote-write-receiver',
  ]);
  const { url, query } = await serving(t, ['--series-url', peer.url]);
  await fillServer(url);
  const { stdout } = await query('--promql', 'sum(requests_total)', '--time', time);
  assert.equal(stdout, 'VALUE\n12\n');
  const there = await fetch(`${peer.url}/api/v1/query?${new URLSearchParams({ query: 'sum(requests_total)', time })}`);
  assert.match(await there.text(), /"12"/);
});
