import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Labels } from '../labels/labels.ts';
import { MemorySource } from '../memory-source.ts';
import { rangeFunctions } from '../range/range-functions.ts';
import type { SeriesSource, SourceSeries } from '../source.ts';
import { allFeatures } from '../syntax/features.ts';
import { queryFor } from '../syntax/random-query.ts';
import { aggregators } from '../syntax/token.ts';
import { instantQuery, rangeQuery } from './engine.ts';

const scope = { tenant: 't', namespaces: '*' as const };
const [startMs, endMs, stepMs] = [0, 900_000, 150_000];

/** Series with gaps, staleness markers and resets, of the names and labels that random queries ask for. */
function createSource(): MemorySource {
  const source = new MemorySource();
  for (const name of ['up', 'requests_total', 'a:b', 'sum', 'offset', 'fill', 'by']) {
    for (const job of ['x', 'y']) {
      const samples = Array.from({ length: 60 }, (_, at) => ({
        timeMs: at * 15_000 + (at % 3),
        value: at % 13 === 7 ? ('stale' as const) : job === 'x' ? at % 17 : Math.sin(at) * 5,
      })).filter((_, at) => (at >> 3) % 3 !== name.length % 3);
      source.append(Labels.of({ __name__: name, job, instance: name.length % 2 === 0 ? '1' : '2' }), samples);
    }
  }
  return source;
}

const source = createSource();

/** By labels, the value at each time. */
async function rangePoints(query: string): Promise<Map<number, Map<string, number>> | undefined> {
  try {
    const { value } = await rangeQuery({ query, source, scope, startMs, endMs, stepMs }, { features: allFeatures });
    const points = new Map<number, Map<string, number>>();
    if (value.type !== 'matrix') return undefined;
    for (const { labels, timesMs, values } of value.series) {
      for (const [at, timeMs] of timesMs.entries()) {
        const there = points.get(timeMs) ?? new Map<string, number>();
        points.set(timeMs, there.set(labels.key, values[at]!));
      }
    }
    return points;
  } catch {
    return undefined;
  }
}

/**
 * To nine digits: `topk` and `sort` rank series at each time, so that what is summed over their results is summed in another
 * order, here as in Prometheus, and the last digits may differ.
 */
function assertSameValues(alone: Map<string, number>, inRange: Map<string, number>, message: string): void {
  assert.deepEqual([...alone.keys()].sort(), [...inRange.keys()].sort(), message);
  for (const [key, value] of alone) {
    const other = inRange.get(key)!;
    const same = Object.is(value, other) || Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(value));
    assert.ok(same, `${message}: ${key} is ${value} alone and ${other} in the range`);
  }
}

test('each step of a range query is what the same query gives at that time on its own', async () => {
  let compared = 0;
  // What depends on the query's own times gives something else at another time.
  const queries = queryFor(3).filter((query) => !/(?:start|end|step|range)\(\)/.test(query));
  await fc.assert(
    fc.asyncProperty(queries, async (query) => {
      const points = await rangePoints(query);
      if (points === undefined) return;
      for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) {
        const { value } = await instantQuery({ query, source, scope, timeMs }, { features: allFeatures });
        assert.equal(value.type, 'vector');
        const samples = value.type === 'vector' ? value.samples : [];
        const alone = new Map(samples.map((sample) => [sample.labels.key, sample.value]));
        assertSameValues(alone, points.get(timeMs) ?? new Map(), `${query} at ${timeMs}`);
        compared += samples.length;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(compared > 100, `only ${compared} values were compared`);
});

/** Gives each series in the same columns as the one before, and spoils them when the next one is asked for. */
const streaming: SeriesSource = {
  select: (...args) => source.select(...args),
  *stream(...args) {
    let times = new Float64Array(0);
    let kept = new Float64Array(0);
    const columns = new Float64Array(1000);
    for (const series of source.select(...args)) {
      const { length } = series.values;
      columns.set(series.values);
      // Times are told by their object, and stay.
      if (String(series.timestampsMs) !== String(kept)) times = kept = series.timestampsMs.slice();
      yield { ...series, timestampsMs: times, values: columns.subarray(0, length) } satisfies SourceSeries;
      columns.fill(12_345.678);
    }
  },
};

const parameterized = new Set<string>(['topk', 'bottomk', 'quantile', 'limitk', 'limit_ratio']);

/** Every function of ranges and every aggregation, over series that others have gone before. */
const everything = [
  ...Object.keys(rangeFunctions).map((name) => {
    const before = name === 'quantile_over_time' ? '0.3, ' : '';
    const after = { predict_linear: ', 60', double_exponential_smoothing: ', 0.5, 0.3' }[name] ?? '';
    return `${name}(${before}{__name__=~"up|by"}[4m]${after})`;
  }),
  ...aggregators.map((name) => {
    const before = name === 'count_values' ? '"value", ' : parameterized.has(name) ? '0.5 + 1, ' : '';
    return `${name} by (job) (${before}rate({__name__=~"requests_total|offset"}[5m]) or up)`;
  }),
  ...aggregators.map((name) => {
    const before = name === 'count_values' ? '"value", ' : parameterized.has(name) ? '0.5, ' : '';
    return `sum(rate(up[3m])) + on () group_right () ${name} without (instance) (${before}{job="x"})`;
  }),
  'sum by (job) (sum_over_time((up > 3)[3m:17s])) / on (job) group_left () count by (job) (timestamp(by))',
];

test('series that come one by one, in columns that are written anew, give the same as all at once', async () => {
  let compared = 0;
  const compare = async (query: string) => {
    const ask = (from: SeriesSource) =>
      rangeQuery({ query, source: from, scope, startMs, endMs, stepMs }, { features: allFeatures }).catch(String);
    const [held, streamed] = [await ask(source), await ask(streaming)];
    assert.deepEqual(streamed, held, query);
    if (typeof held !== 'string' && held.value.type === 'matrix') compared += held.value.series.length;
  };
  for (const query of everything) await compare(query);
  await fc.assert(fc.asyncProperty(queryFor(4), compare), { numRuns: 300 });
  assert.ok(compared > 100, `only ${compared} series were compared`);
});

test('columns that others have used before make no difference', async () => {
  const times = { source, scope, startMs: 60_000, endMs: 60_000, stepMs: 1 };
  await rangeQuery({ ...times, query: 'sum({__name__=~"up|by"})', endMs: 600_000, stepMs: 1000 });
  const { value } = await rangeQuery({ ...times, query: 'count_values("value", up)' });
  assert.deepEqual(value.type === 'matrix' && value.series.map(({ values }) => [...values]), [[1], [1]]);
});
