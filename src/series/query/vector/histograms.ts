import { formatOpenMetrics } from '../../../base/go-float.ts';
import type { CallNode, PlanNode } from '../plan/plan.ts';
import { joinEqual } from '../run/equal-labels.ts';
import { evaluateScalar, evaluateVector, releaseRows, stringOf } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { warnOfQuantile } from '../run/quantile-warning.ts';
import { emptyRow, heldBy, type Row, settled } from '../run/row.ts';
import { bucketFraction, bucketQuantile, type Fix } from './buckets.ts';
import { type Histogram, histogramsOf } from './classic-histograms.ts';
import { ForcedMonotonicity, forcedMonotonicityText } from './forced-monotonicity.ts';

/** Histograms whose buckets are series with the label `le`. Functions of native histograms ignore every float. */
export const histogramFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = {
  histogram_quantile: (evaluation, call) => quantiles(evaluation, call.args[1]!, [call.args[0]!], undefined),
  histogram_quantiles: (evaluation, call) =>
    quantiles(evaluation, call.args[0]!, call.args.slice(2), stringOf(call.args[1]!)),
  histogram_fraction,
  histogram_avg: onlyNative,
  histogram_count: onlyNative,
  histogram_sum: onlyNative,
  histogram_stddev: onlyNative,
  histogram_stdvar: onlyNative,
};

function onlyNative(evaluation: Evaluation, call: CallNode): Row[] {
  releaseRows(evaluation, evaluateVector(evaluation, call.args[0]!));
  return [];
}

/** With a label, one series for each quantile, told apart by it. */
function quantiles(
  evaluation: Evaluation,
  buckets: PlanNode,
  quantileArgs: PlanNode[],
  label: string | undefined,
): Row[] {
  const columns = quantileArgs.map((arg) => evaluateScalar(evaluation, arg));
  const histograms = histogramsOf(evaluation, buckets);
  columns.forEach((column, at) => {
    for (const q of column) warnOfQuantile(evaluation.state.annotations, q, quantileArgs[at]!.position);
  });
  const rows = columns.flatMap((column) =>
    histograms.flatMap((histogram) => {
      const fix: Fix = { forced: false, minBucket: 0, maxBucket: 0, maxDifference: 0 };
      const found = eachStep(evaluation, histogram, (step) => {
        const result = bucketQuantile(column[step]!, histogram.bucketsAt(step), fix);
        if (fix.forced) inform(evaluation, histogram, fix, evaluation.timeMs(step), buckets);
        return result;
      });
      return label === undefined ? found : found.flatMap((row) => labelled(row, label, column));
    }),
  );
  return joinEqual(evaluation, rows, { onlyAcrossSteps: true });
}

/** A quantile that changes from step to step makes a series of its own of each value. */
function labelled(row: Row, label: string, column: Float64Array): Row[] {
  const distinct = [...new Set(column)];
  if (distinct.length === 1) return [{ ...row, labels: row.labels.with(label, formatOpenMetrics(distinct[0]!)) }];
  return distinct.flatMap((q) => {
    const present = Uint8Array.from(column, (value, step) =>
      Object.is(value, q) && row.present?.[step] !== 0 ? 1 : 0,
    );
    // Columns belong to one row: whoever has it may change them.
    const values = row.values.slice();
    return settled({ ...row, labels: row.labels.with(label, formatOpenMetrics(q)), values, present }) ?? [];
  });
}

function histogram_fraction(evaluation: Evaluation, call: CallNode): Row[] {
  const lower = evaluateScalar(evaluation, call.args[0]!);
  const upper = evaluateScalar(evaluation, call.args[1]!);
  const rows = histogramsOf(evaluation, call.args[2]!).flatMap((histogram) =>
    eachStep(evaluation, histogram, (step) => bucketFraction(lower[step]!, upper[step]!, histogram.bucketsAt(step))),
  );
  return joinEqual(evaluation, rows, { onlyAcrossSteps: true });
}

function eachStep(evaluation: Evaluation, histogram: Histogram, compute: (step: number) => number): Row[] {
  const { delayedNameRemoval } = evaluation.state.options;
  const labels = delayedNameRemoval ? histogram.labels : histogram.labels.withoutMetadata();
  const row = emptyRow(labels, evaluation.count, true);
  for (let step = 0; step < evaluation.count; step++) {
    if (!histogram.isPresent(step)) continue;
    row.values[step] = compute(step);
    row.present![step] = 1;
  }
  const result = settled(row);
  if (result === undefined) return [];
  evaluation.hold(heldBy(result));
  return [result];
}

function inform(evaluation: Evaluation, histogram: Histogram, fix: Fix, timeMs: number, buckets: PlanNode): void {
  const { annotations, options } = evaluation.state;
  const name = options.delayedNameRemoval ? histogram.labels.get('__name__') : '';
  annotations.inform(forcedMonotonicityText(name), buckets.position, new ForcedMonotonicity(fix, timeMs));
}
