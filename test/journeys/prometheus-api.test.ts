import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { RemoteWriter } from '../../src/series/remote/remote.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { Random } from './differential/random.ts';
import { generateSeries, spanMs, write } from './differential/series.ts';
import { temporaryDirectory } from './processes.ts';
import { noPrometheus, startPrometheus } from './prometheus-peer.ts';
import { startSeriesServer } from './series-server.ts';

const startMs = Math.floor((Date.now() - spanMs) / 60_000) * 60_000 - 60_000;
const seconds = (offset: number) => String(startMs / 1000 + offset);
const at = seconds(600);
const range = `start=${at}&end=${seconds(900)}`;

/** Paths below /api/v1 whose answers have to be the same. */
const same = [
  // Times and durations in every form, and what is none.
  `query?query=one&time=${at}`,
  `query?query=one&time=${new Date(startMs + 600_000).toISOString()}`,
  `query?query=one&time=${at}.5004`,
  'query?query=1&time=1.5',
  'query?query=1&time=-1.5',
  'query?query=1&time=1e3',
  'query?query=time()&time=1970-01-01T01:00:00.25%2B01:00',
  'query?query=1&time=yesterday',
  'query?query=1&time=2026-13-01T00:00:00Z',
  'query?query=%22text+%5C%22+%3C%22&time=0',
  `query_range?query=one&${range}&step=1m`,
  `query_range?query=one&${range}&step=60`,
  `query_range?query=one&${range}&step=0.5`,
  `query_range?query=one&${range}&step=7.0006`,
  `query_range?query=one&${range}&step=0`,
  `query_range?query=one&${range}&step=-1m`,
  `query_range?query=one&${range}&step=1x`,
  `query_range?query=one&${range}&step=1e300`,
  `query_range?query=one&${range}`,
  `query_range?query=one&start=${seconds(900)}&end=${at}&step=1m`,
  'query_range?query=one&end=1&step=1',
  'query_range?query=one&start=1&step=1',
  'query_range?query=one&start=0&end=100000&step=1',
  `query_range?query=one[1m]&${range}&step=1m`,
  `query_range?query=%22x%22&${range}&step=1m`,
  // Limits, lookback and time-outs.
  `query?query=one or x_info&time=${at}&limit=1`,
  `query?query=g&time=${at}&limit=0`,
  `query?query=g&time=${at}&limit=-1`,
  `query?query=g&time=${at}&limit=x`,
  `query?query=one[1m]&time=${at}&limit=1`,
  `query_range?query=g&${range}&step=1m&limit=0`,
  `query?query=sparse&time=${at}&lookback_delta=10m`,
  `query?query=sparse&time=${at}&lookback_delta=1ms`,
  `query?query=sparse&time=${at}&lookback_delta=x`,
  `query?query=g&time=${at}&timeout=1m`,
  `query?query=g&time=${at}&timeout=x`,
  // Errors of every kind, and annotations.
  'query',
  'query?query=',
  'query?query=sum(',
  'query?query=foo%7Bx%3D%7E%22(%22%7D',
  `query?query=label_replace(g,%22a%20b%22,%22%22,%22x%22,%22(%22)&time=${at}`,
  `query?query=rate(g[1m])&time=${at}`,
  `query?query=quantile(2,g)&time=${at}`,
  `query?query=odd&time=${seconds(615)}`,
  `query?query=max(odd)+or+vector(1e21)&time=${at}`,
  `query?query=vector(1e-7)+or+vector(-0)&time=${at}`,
  // Series, names and values.
  'series',
  'series?match[]=one',
  'series?match[]=one&match[]=x_info',
  'series?match[]=%7Bjob%3D%22x%22,__name__%3D%22g%22%7D',
  'series?match[]=%7B%7D',
  'series?match[]=%7Bjob%3D%22%22%7D',
  'series?match[]=sum(x)',
  'series?match[]=none',
  `series?match[]=one&start=0&end=1`,
  'series?match[]=one&start=x',
  'series?match[]=one&end=x',
  'series?match[]=one&limit=x',
  'labels',
  'labels?limit=2',
  'labels?match[]=one',
  'labels?match[]=one&match[]=g',
  'labels?match[]=%7B%7D',
  'labels?start=0&end=1',
  'labels?start=x',
  'label/job/values',
  'label/job/values?limit=1',
  'label/job/values?match[]=none',
  'label/job/values?match[]=odd&match[]=x_info',
  'label/none/values',
  'label/__name__/values',
  'label/U__kind/values',
  'label/U___6b_ind/values',
  'label/job/values?limit=-1',
  // Queries as text and as trees.
  'format_query?query=sum(rate(x[5m]))by(job)',
  'format_query?query=(',
  'parse_query?query=sum by (a) (rate(x{b=~"c.*"}[5m] offset 1m @ 10)) / on(a) group_left(z) topk(2, y @ end()) > bool 1',
  'parse_query?query=max_over_time((-x)[5m:30s] offset -1m)',
  'parse_query?query=label_replace(vector(time()), "a", "b", "c", "d") unless 1 + x',
  'parse_query?query=(',
  'query_exemplars?query=g&start=0&end=1',
  'query_exemplars?query=g&start=2&end=1',
  'query_exemplars?query=(&start=0&end=1',
  // What Grafana asks for besides.
  'rules',
  'alerts',
  'alertmanagers',
  'targets',
  'targets?state=active',
  'scrape_pools',
  'metadata',
  'metadata?limit=x',
  'metadata?limit_per_metric=x',
];

test('the API answers as a real Prometheus 3 does', { skip: noPrometheus }, async (t) => {
  const series = generateSeries(new Random(5), startMs);
  const ours = await startSeriesServer(t);
  await write(series, ours.store, 'default');
  const theirs = await startPrometheus(t, join(temporaryDirectory(t, 'peer'), 'e'), 'scrape_configs: []', [
    '--web.enable-remote-write-receiver',
  ]);
  const access = { url: new URL(theirs.url), headers: () => ({}), tenantHeader: null, timeoutMs: 30_000 };
  const parts = { clock: systemClock, log: silentLogger, metrics: new MetricsRegistry(), random: Math.random };
  await write(series, new RemoteWriter(access, parts), 'default');
  for (const path of same) {
    await t.test(path, async () => {
      const [a, b] = await Promise.all([answerOf(ours.url, path), answerOf(theirs.url, path)]);
      assert.deepEqual(a, b);
    });
  }
  await t.test('a form in a body is read as one in the URL', async () => {
    const form = new URLSearchParams({ query: 'sum(g)', time: at });
    const [a, b] = await Promise.all(
      [ours.url, theirs.url].map(async (url) =>
        (await fetch(`${url}/api/v1/query`, { method: 'POST', body: form })).json(),
      ),
    );
    assert.deepEqual(a, b);
  });
});

async function answerOf(url: string, path: string): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/${escaped(path)}`);
  const { data, ...rest } = (await response.json()) as { data?: { resultType?: string; result?: unknown[] } };
  return { status: response.status, ...rest, data: sorted(data) };
}

/** What a URL cannot have; what is escaped stays so. */
function escaped(path: string): string {
  return path.replace(/[^\x21-\x7e]|["{}<>\\^`|]/gu, encodeURIComponent);
}

/** Results without an order come in that of the store. */
function sorted(data: unknown): unknown {
  const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  if (Array.isArray(data)) return data.sort(byText);
  const { resultType, result } = (data ?? {}) as { resultType?: string; result?: unknown[] };
  return resultType === 'vector' ? { resultType, result: result!.sort(byText) } : data;
}
