/**
 * A dashboard's worth of range queries over series in memory: what the engine itself costs, without a store.
 *
 *   node bench/promql.ts [--series 2000] [--hours 2] [--runs 5]
 *
 * Prints the best run of each query, and how many input samples it went through in a second.
 */
import { parseArgs } from 'node:util';
import { Labels, type Matcher, rangeQuery, type SeriesSource, type SourceSeries } from '../src/series/query/query.ts';

const SCRAPE_MS = 15_000;
const STEP_MS = 60_000;
const buckets = ['0.01', '0.05', '0.1', '0.5', '1', '5', '+Inf'];
const queries = [
  'requests_total',
  'rate(requests_total[5m])',
  'sum by (job) (rate(requests_total[5m]))',
  'histogram_quantile(0.99, sum by (le, job) (rate(latency_bucket[5m])))',
  'topk(10, rate(requests_total[5m]))',
  'max_over_time(temperature[30m])',
  'avg without (instance) (temperature)',
  'requests_total / on (instance, job) group_left temperature',
  'quantile_over_time(0.9, temperature[10m])',
  'sum(rate(requests_total[5m])) > 1000 or vector(0)',
];

const { values: flags } = parseArgs({
  options: {
    series: { type: 'string', default: '2000' },
    hours: { type: 'string', default: '2' },
    runs: { type: 'string', default: '5' },
  },
});

const count = Number(flags.series);
const endMs = Number(flags.hours) * 3_600_000;
const source = createSource(count, endMs);
const scope = { tenant: 'bench', namespaces: '*' as const };
console.log(
  `${count} series of each metric (${buckets.length} buckets on an eighth of them), ${flags.hours} h at 15 s, step 1 m`,
);
console.log('       ms   samples/s  query');
for (const query of queries) await measure(query);

async function measure(query: string): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  source.samples = 0;
  for (let run = 0; run < Number(flags.runs); run++) {
    const started = performance.now();
    await rangeQuery({ query, source, scope, startMs: 0, endMs, stepMs: STEP_MS });
    best = Math.min(best, performance.now() - started);
  }
  const perSecond = (source.samples / Number(flags.runs) / best) * 1000;
  console.log(`${best.toFixed(1).padStart(9)} ${perSecond.toExponential(1).padStart(11)}  ${query}`);
}

/** Selects by the metric's name only, as no query here asks for more; counts the samples that it hands out. */
function createSource(each: number, untilMs: number): SeriesSource & { samples: number } {
  const byName = new Map<string, SourceSeries[]>();
  const timestampsMs = Float64Array.from({ length: Math.floor(untilMs / SCRAPE_MS) }, (_, at) => at * SCRAPE_MS);
  const add = (name: string, labels: Record<string, string>, value: (at: number) => number) => {
    const series = {
      labels: Labels.of({ __name__: name, ...labels }),
      timestampsMs,
      values: timestampsMs.map((_, at) => value(at)),
    };
    const others = byName.get(name);
    if (others === undefined) byName.set(name, [series]);
    else others.push(series);
  };
  for (let at = 0; at < each; at++) {
    const labels = { instance: `10.0.${at >> 8}.${at & 255}:9100`, job: `job-${at % 10}` };
    add('requests_total', labels, (sample) => sample * ((at % 7) + 1) + ((sample * 31) % 5));
    add('temperature', labels, (sample) => Math.sin(sample / 20 + at) * 30);
    if (at % 8 > 0) continue;
    for (const [rank, le] of buckets.entries()) {
      add('latency_bucket', { ...labels, le }, (sample) => sample * (rank + 1) * 3);
    }
  }
  return {
    samples: 0,
    select(_scope, matchers: readonly Matcher[]) {
      const found = byName.get(matchers.find(({ name }) => name === '__name__')!.value) ?? [];
      this.samples += found.length * timestampsMs.length;
      return found;
    },
  };
}
