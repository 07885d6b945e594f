import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../base/clock.ts';
import { Labels } from '../labels/labels.ts';
import { type MemorySample, MemorySource } from '../memory-source.ts';
import type { QueryTimes } from '../plan/times.ts';
import type { Scope, SeriesSource } from '../source.ts';
import { allFeatures, noFeatures } from '../syntax/features.ts';
import { type EngineOptions, instantQuery, planQuery, rangeQuery } from './engine.ts';

const scope: Scope = { tenant: 't', namespaces: '*' };

function sourceOf(series: Record<string, MemorySample[]>): MemorySource {
  const source = new MemorySource();
  for (const [name, samples] of Object.entries(series)) source.append(Labels.of({ __name__: name }), samples);
  return source;
}

async function rangeOf(
  source: SeriesSource,
  query: string,
  endMs: number,
  stepMs: number,
  options: EngineOptions = {},
) {
  const { value } = await rangeQuery({ query, source, scope, startMs: 0, endMs, stepMs }, options);
  assert.equal(value.type, 'matrix');
  const points = new Map<number, number>();
  if (value.type !== 'matrix') return points;
  assert.ok(value.series.length <= 1);
  const [one] = value.series;
  for (const [at, timeMs] of (one?.timesMs ?? []).entries()) points.set(timeMs, one!.values[at]!);
  return points;
}

/** Samples at irregular times, with staleness markers, resets and special values. */
const samples = fc
  .array(
    fc.record({
      gapMs: fc.constantFrom(1, 999, 1000, 7000, 15_000, 15_000, 30_000, 60_000, 290_000),
      value: fc.oneof(
        fc.integer({ min: 0, max: 50 }),
        fc.double({ noNaN: true, min: -1e3, max: 1e3 }),
        fc.constantFrom(Number.NaN, 'stale' as const, 1e308, Number.POSITIVE_INFINITY, 0),
      ),
    }),
    { maxLength: 40 },
  )
  .map((gaps) => {
    let timeMs = 0;
    return gaps.map(({ gapMs, value }): MemorySample => ({ timeMs: (timeMs += gapMs), value }));
  });
const rangeMs = fc.constantFrom(1000, 15_000, 30_000, 60_000, 300_000);
const stepMs = fc.constantFrom(1000, 7000, 15_000, 60_000);

/** The numbers in (from, to], by going through all samples anew. */
function inside(all: MemorySample[], fromMs: number, toMs: number): { timeMs: number; value: number }[] {
  return all.flatMap(({ timeMs, value }) =>
    typeof value === 'number' && timeMs > fromMs && timeMs <= toMs ? [{ timeMs, value }] : [],
  );
}

type Slow = (window: { timeMs: number; value: number }[], fromMs: number, toMs: number) => number | undefined;

const slow: Record<string, Slow> = {
  count_over_time: (window) => window.length || undefined,
  last_over_time: (window) => window.at(-1)?.value,
  max_over_time: (window) => {
    const numbers = window.filter(({ value }) => !Number.isNaN(value)).map(({ value }) => value);
    if (window.length === 0) return undefined;
    return numbers.length === 0 ? Number.NaN : Math.max(...numbers);
  },
  /** From the definition in Prometheus's documentation, in the plainest form. */
  increase: (window, fromMs, toMs) => {
    const [first, last] = [window[0], window.at(-1)];
    if (first === undefined || last === undefined || first === last) return undefined;
    let change = last.value - first.value;
    for (let at = 1; at < window.length; at++)
      if (window[at]!.value < window[at - 1]!.value) change += window[at - 1]!.value;
    const sampled = (last.timeMs - first.timeMs) / 1000;
    const average = sampled / (window.length - 1);
    let before = (first.timeMs - fromMs) / 1000;
    let after = (toMs - last.timeMs) / 1000;
    if (before >= average * 1.1) before = average / 2;
    if (after >= average * 1.1) after = average / 2;
    if (change > 0 && first.value >= 0) before = Math.min(before, sampled * (first.value / change));
    return change * ((sampled + before + after) / sampled);
  },
};

for (const [name, compute] of Object.entries(slow)) {
  test(`${name} over any samples is what going through them one by one gives`, async () => {
    await fc.assert(
      fc.asyncProperty(samples, rangeMs, stepMs, async (all, range, step) => {
        const endMs = 600_000;
        const fast = await rangeOf(sourceOf({ m_total: all }), `${name}(m_total[${range}ms])`, endMs, step);
        for (let timeMs = 0; timeMs <= endMs; timeMs += step) {
          const expected = compute(inside(all, timeMs - range, timeMs), timeMs - range, timeMs);
          assert.ok(
            Object.is(fast.get(timeMs), expected) || fast.get(timeMs) === expected,
            `at ${timeMs}: ${fast.get(timeMs)}, not ${expected}`,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
}

test('a sum is exact to the last digit for whole numbers, and an average lies between the extremes', async () => {
  const whole = fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(whole, async (values) => {
      const source = sourceOf({ m: values.map((value, at) => ({ timeMs: at * 1000, value })) });
      const total = values.reduce((a, b) => a + b, 0);
      const at = (values.length - 1) * 1000;
      const sum = await rangeOf(source, 'sum_over_time(m[1h])', at, 1000);
      assert.equal(sum.get(at), total);
      const mean = (await rangeOf(source, 'avg_over_time(m[1h])', at, 1000)).get(at)!;
      assert.ok(mean >= Math.min(...values) && mean <= Math.max(...values));
    }),
    { numRuns: 60 },
  );
});

test('compensated sums keep what large numbers would swallow', async () => {
  const source = sourceOf({ m: [1, 1e100, 1, -1e100].map((value, at) => ({ timeMs: at * 1000, value })) });
  assert.equal((await rangeOf(source, 'sum_over_time(m[1m])', 3000, 1000)).get(3000), 2);
  assert.equal((await rangeOf(source, 'avg_over_time(m[1m])', 3000, 1000)).get(3000), 0.5);
});

test('an instant selector shows the newest sample that is younger than five minutes and no staleness marker', async () => {
  await fc.assert(
    fc.asyncProperty(samples, stepMs, async (all, step) => {
      const fast = await rangeOf(sourceOf({ m: all }), 'm', 900_000, step);
      for (let timeMs = 0; timeMs <= 900_000; timeMs += step) {
        const newest = all.findLast((sample) => sample.timeMs <= timeMs);
        const isShown = newest !== undefined && newest.timeMs > timeMs - 300_000 && newest.value !== 'stale';
        assert.ok(Object.is(fast.get(timeMs), isShown ? newest.value : undefined));
      }
    }),
    { numRuns: 60 },
  );
});

test('the source is asked with the scope, the matchers and the times that the query can need', async () => {
  const asked: { scope: Scope; minMs: number; maxMs: number; matchers: string }[] = [];
  const source: SeriesSource = {
    select(given, matchers, minMs, maxMs) {
      asked.push({ scope: given, minMs, maxMs, matchers: matchers.join(',') });
      return [];
    },
  };
  const mine: Scope = { tenant: 'x', namespaces: ['shop'] };
  const query = 'rate(a{b="c"}[5m] offset 1m) + sum_over_time((d)[10m:1m]) - increase(a{b="c"}[5m] offset 1m)';
  await rangeQuery({ query, source, scope: mine, startMs: 3_600_000, endMs: 7_200_000, stepMs: 60_000 });
  assert.deepEqual(asked, [
    { scope: mine, minMs: 3_240_001, maxMs: 7_140_000, matchers: 'b="c",__name__="a"' },
    { scope: mine, minMs: 2_700_001, maxMs: 7_200_000, matchers: '__name__="d"' },
  ]);
});

test('limits are named: steps, samples, nesting', async () => {
  const source = sourceOf({ m: Array.from({ length: 1000 }, (_, at) => ({ timeMs: at * 1000, value: at })) });
  await assert.rejects(rangeOf(source, 'm', 11_000_000, 1000), {
    code: 'overloaded',
    message:
      'exceeded maximum resolution of 11000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  });
  await assert.rejects(rangeOf(source, 'm', 999_000, 1000, { samplesMax: 999 }), {
    code: 'overloaded',
    message: 'query processing would load too many samples into memory in query execution',
  });
  assert.equal((await rangeOf(source, 'm', 999_000, 1000, { samplesMax: 1000 })).size, 1000);
});

test('samples of intermediate results are given back, so that a long sum of small vectors is within the limit', async () => {
  const source = sourceOf({ m: Array.from({ length: 100 }, (_, at) => ({ timeMs: at * 1000, value: 1 })) });
  const query = new Array(200).fill('sum(m)').join(' + ');
  const points = await rangeOf(source, query, 99_000, 1000, { samplesMax: 1000 });
  assert.equal(points.get(99_000), 200);
});

test('a cancelled query stops', async () => {
  const source = sourceOf({ m: [{ timeMs: 0, value: 1 }] });
  const request = { query: 'm', source, scope, timeMs: 0, signal: AbortSignal.abort() };
  await assert.rejects(instantQuery(request), {
    code: 'unavailable',
    message: 'query was canceled in query execution',
  });
});

test('a query that runs too long stops while it computes', async () => {
  const source = sourceOf({ m: [{ timeMs: 0, value: 1 }] });
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => (nowMs += 10) };
  const options = { clock, timeoutMs: 25 };
  await assert.rejects(instantQuery({ query: 'm + m + m', source, scope, timeMs: 0 }, options), {
    reason: 'timeout',
    message: 'query timed out in query execution',
  });
});

test('a subquery of too many steps is refused before room is taken for them', async () => {
  const source = sourceOf({ m: [{ timeMs: 0, value: 1 }] });
  const query = 'count_over_time(m[100y:1ms])';
  await assert.rejects(instantQuery({ query, source, scope, timeMs: 0 }), { code: 'overloaded' });
});

test('regular expressions that would take for ever elsewhere do not here', async () => {
  const source = new MemorySource();
  source.append(Labels.of({ __name__: 'm', path: `${'a'.repeat(5000)}b` }), [{ timeMs: 0, value: 1 }]);
  for (const pattern of ['(a+)+$', '(a|a)*c', '(a*){1,50}c', '(.*a){20}x']) {
    const started = performance.now();
    const { value } = await instantQuery({ query: `m{path=~"${pattern}"}`, source, scope, timeMs: 0 });
    assert.deepEqual(value, { type: 'vector', samples: [] });
    assert.ok(performance.now() - started < 20_000, pattern);
  }
});

test('a query that reads a native histogram is refused, not answered wrongly; others are not disturbed', async () => {
  const source = sourceOf({
    m: [
      { timeMs: 0, value: 1 },
      { timeMs: 60_000, value: 'histogram' },
    ],
    n: [{ timeMs: 0, value: 2 }],
  });
  const ask = (query: string, timeMs: number) =>
    instantQuery({ query, source, scope, timeMs }, { features: allFeatures });
  await assert.rejects(ask('m', 90_000), { message: 'native histograms are not supported: {__name__="m"}' });
  await assert.rejects(ask('rate(m[2m])', 90_000), /native histograms are not supported/);
  assert.deepEqual((await ask('m', 30_000)).value.type, 'vector');
  await ask('n', 90_000);
  // Between a float and a histogram there is no line.
  const { value, warnings } = await ask('m smoothed', 30_000);
  assert.deepEqual(value, { type: 'vector', samples: [] });
  const mix = 'encountered a mix of histograms and floats for metric name';
  assert.deepEqual(warnings, [`PromQL warning: ${mix} "m" (1:1)`]);
  await assert.rejects(ask('m smoothed', 301_000), /native histograms are not supported/);
});

test('names go at once, or with delayed removal at the end of the query', async () => {
  const source = sourceOf({ a: [{ timeMs: 0, value: 1 }], b: [{ timeMs: 0, value: 2 }] });
  const query = 'sum by (__name__) (abs({__name__=~"a|b"}))';
  const request = { query, source, scope, timeMs: 0 };
  await assert.rejects(instantQuery(request), { message: 'vector cannot contain metrics with the same labelset' });
  const features = { ...noFeatures, delayedNameRemoval: true };
  const byName = await instantQuery({ ...request, query: 'sum by (__name__) (abs(a))' }, { features });
  assert.equal(byName.value.type === 'vector' && byName.value.samples[0]!.labels.toString(), '{}');
  const kept = 'label_replace(abs(a), "__name__", "c", "__name__", "a")';
  const renamed = await instantQuery({ ...request, query: kept }, { features });
  assert.equal(renamed.value.type === 'vector' && renamed.value.samples[0]!.labels.toString(), '{__name__="c"}');
});

test('a plan says at how many steps its query is computed, those of subqueries included', () => {
  const steps = (query: string, times: QueryTimes) => planQuery(query, times).steps;
  const hour = { startMs: 0, endMs: 3_600_000, stepMs: 60_000 };
  const once = { startMs: 0, endMs: 0, stepMs: 0 };
  assert.equal(steps('rate(a[5m])', hour), 61);
  assert.equal(steps('rate(a[5m])', once), 1);
  assert.equal(steps('max_over_time(a[1h:1m])', once), 1 + 60);
  assert.equal(steps('max_over_time(a[1h:1m])', hour), 61 + 120);
  assert.equal(steps('max_over_time(a[1h:1m] @ 7)', hour), 61 + 60);
  assert.equal(steps('max_over_time(max_over_time(a[1h:1m])[1h:1s])', once), 1 + 3600 + 120);
});
