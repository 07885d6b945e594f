import { compareLabels } from '../labels/labels.ts';
import type { MetricPlan, Read } from '../plan/plan.ts';
import type { QueryTimes } from '../plan/times.ts';
import { stepCount } from '../plan/times.ts';
import type { BlockResult, SeriesCells } from './block-result.ts';
import { evaluate, finished } from './evaluate.ts';
import { QueryLimitError } from './query-error.ts';
import type { QueryValue } from './result.ts';
import { SamplesMerger } from './result-merger.ts';
import type { StepSeries } from './vector.ts';

/** Numbers that quantiles and counters may hold at once. */
export const pointsMax = 20_000_000;

/** Joins what the blocks gave, series by series. */
export async function collectSamples(results: AsyncIterable<BlockResult>, read: Read): Promise<SeriesCells[]> {
  const merger = new SamplesMerger(read.plan);
  let points = 0;
  for await (const result of results) {
    merger.add(result);
    if (read.plan.sampleKind === 'points') points += result.matchedLines;
    if (points > pointsMax) throw new QueryLimitError(`the query holds more than ${pointsMax} numbers at once`);
  }
  return merger.result().series;
}

/** Computes the answer. Throws QueryLimitError where it has more than `seriesMax` series. */
export function metricValue(
  plan: MetricPlan,
  cells: readonly (readonly SeriesCells[])[],
  times: QueryTimes,
  isInstant: boolean,
  seriesMax: number,
  checkStop: () => void,
): QueryValue {
  const timeMs = (step: number) => Number((times.startNs + BigInt(step) * BigInt(times.stepNs)) / 1_000_000n);
  if (plan.scalar !== undefined && isInstant) return { type: 'scalar', value: plan.scalar, timeMs: timeMs(0) };
  const steps = stepCount(times);
  const series = finished(evaluate(plan.root, { reads: plan.reads, cells, steps, checkStop }));
  if (series.length > seriesMax) {
    throw new QueryLimitError(
      `maximum number of series (${seriesMax}) reached for a single query; consider reducing query cardinality by adding more specific ` +
        'stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()',
    );
  }
  if (!plan.sortedByValue || !isInstant) series.sort((a, b) => compareLabels(a.labels, b.labels));
  if (!isInstant) return { type: 'matrix', series: series.map((one) => matrixSeries(one, timeMs)) };
  const samples = series.map(({ labels, values }) => ({
    labels: labels.toRecord(),
    timeMs: timeMs(0),
    value: values[0]!,
  }));
  return { type: 'vector', samples };
}

function matrixSeries({ labels, values, has }: StepSeries, timeMs: (step: number) => number) {
  const steps = [...has.keys()].filter((step) => has[step] === 1);
  return { labels: labels.toRecord(), timesMs: steps.map(timeMs), values: steps.map((step) => values[step]!) };
}
