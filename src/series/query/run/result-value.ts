import { compareLabels, Labels } from '../labels/labels.ts';
import type { Plan, PlanNode, SubqueryNode, WindowNode } from '../plan/plan.ts';
import { interpolateEnds } from '../range/extended-samples.ts';
import { joinEqual } from './equal-labels.ts';
import { evaluateScalar, evaluateVector, stringOf } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import { failDuplicate, NativeHistogramError } from './query-error.ts';
import type { MatrixSeries, QueryValue } from './result.ts';
import { pointCount, type Row } from './row.ts';
import { firstAfter, withoutStale } from './selected-series.ts';
import { subquerySeries } from './subquery.ts';

/** The value of an instant query. */
export function instantValue(evaluation: Evaluation, plan: Plan): QueryValue {
  const timeMs = evaluation.startMs;
  switch (plan.type) {
    case 'string':
      return { type: 'string', timeMs, value: stringOf(plan.root) };
    case 'scalar':
      return { type: 'scalar', timeMs, value: evaluateScalar(evaluation, plan.root)[0]! };
    case 'matrix':
      return {
        type: 'matrix',
        series: matrixOf(evaluation, plan.root).sort((a, b) => compareLabels(a.labels, b.labels)),
      };
    case 'vector': {
      const rows = named(evaluation, evaluateVector(evaluation, plan.root));
      return { type: 'vector', samples: rows.map(({ labels, values }) => ({ labels, timeMs, value: values[0]! })) };
    }
  }
}

/** The value of a range query. */
export function rangeValue(evaluation: Evaluation, plan: Plan): QueryValue {
  const rows =
    plan.type === 'scalar'
      ? [asSeries(evaluation, evaluateScalar(evaluation, plan.root))]
      : named(evaluation, evaluateVector(evaluation, plan.root)).map((row) => seriesOf(evaluation, row));
  return { type: 'matrix', series: rows.sort((a, b) => compareLabels(a.labels, b.labels)) };
}

/** With delayed name removal, the names that are to go go now; series that are then equal are joined. */
function named(evaluation: Evaluation, rows: Row[]): Row[] {
  if (!evaluation.state.options.delayedNameRemoval) return rows;
  return joinEqual(
    evaluation,
    rows.map((row) => (row.dropName ? { ...row, labels: row.labels.withoutMetadata() } : row)),
  );
}

function asSeries(evaluation: Evaluation, values: Float64Array): MatrixSeries {
  return seriesOf(evaluation, { labels: Labels.empty, dropName: false, values, present: null });
}

function seriesOf(evaluation: Evaluation, row: Row): MatrixSeries {
  if (row.present === null) return { labels: row.labels, timesMs: evaluation.timesMs(), values: row.values };
  const points = pointCount(row);
  const timesMs = new Float64Array(points);
  const values = new Float64Array(points);
  for (let step = 0, at = 0; step < evaluation.count; step++) {
    if (row.present[step] === 0) continue;
    timesMs[at] = evaluation.timeMs(step);
    values[at++] = row.values[step]!;
  }
  return { labels: row.labels, timesMs, values };
}

/** The samples of a range selector or subquery at the top of a query. */
function matrixOf(evaluation: Evaluation, node: PlanNode): MatrixSeries[] {
  if (node.kind === 'window') return windowOf(evaluation, node);
  const { delayedNameRemoval } = evaluation.state.options;
  const joined = new Map<string, MatrixSeries>();
  for (const { labels, dropName, times, values } of subquerySeries(evaluation, node as SubqueryNode)) {
    const shown = delayedNameRemoval && dropName ? labels.withoutMetadata() : labels;
    const series = { labels: shown, timesMs: times, values };
    const other = joined.get(shown.key);
    joined.set(shown.key, other === undefined ? series : joinSeries(other, series));
  }
  return [...joined.values()];
}

/** Series whose names are gone and that are equal now; they must not have samples at the same time. */
function joinSeries(a: MatrixSeries, b: MatrixSeries): MatrixSeries {
  const valueAt = new Map<number, number>();
  for (const { timesMs, values } of [a, b]) {
    for (const [at, timeMs] of timesMs.entries()) {
      if (valueAt.has(timeMs)) failDuplicate();
      valueAt.set(timeMs, values[at]!);
    }
  }
  const timesMs = Float64Array.from(valueAt.keys()).sort();
  return { labels: a.labels, timesMs, values: timesMs.map((timeMs) => valueAt.get(timeMs)!) };
}

function windowOf(evaluation: Evaluation, node: WindowNode): MatrixSeries[] {
  const { lookbackMs } = evaluation.state.options;
  const end = (node.atMs ?? evaluation.startMs) - node.offsetMs;
  const start = end - node.rangeMs;
  const before = node.extension === 'none' ? start : start - lookbackMs;
  const after = node.extension === 'smoothed' ? end + lookbackMs : end;
  const found: MatrixSeries[] = [];
  for (const selected of evaluation.state.reads.of(node.read)) {
    const { labels, times, values, histogramTimes } = withoutStale(selected);
    const histogram = histogramTimes?.[firstAfter(histogramTimes, before)];
    if (histogram !== undefined && histogram <= after) throw new NativeHistogramError(labels.toString());
    const from = firstAfter(times, before);
    const to = firstAfter(times, after);
    if (to === from) continue;
    evaluation.hold(to - from);
    const samples = { timesMs: times.slice(from, to), values: values.slice(from, to) };
    const shown =
      node.extension === 'none'
        ? samples
        : interpolateEnds(samples.timesMs, samples.values, start, end, node.extension);
    if (shown !== undefined) found.push({ labels, ...shown });
  }
  return found;
}
