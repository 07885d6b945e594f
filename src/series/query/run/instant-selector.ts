import type { InstantNode } from '../plan/plan.ts';
import type { Evaluation } from './evaluation.ts';
import { NativeHistogramError } from './query-error.ts';
import { emptyRow, heldBy, type Row, settled } from './row.ts';
import { firstAfter, type SelectedSeries, withoutStale } from './selected-series.ts';

/** What a step takes from a series: its value, or the time of the sample in milliseconds. */
export type Taken = 'value' | 'time' | 'start';

/** At each step the newest sample that is younger than the lookback, unless it is a staleness marker. */
export function evaluateInstant(evaluation: Evaluation, node: InstantNode, taken: Taken = 'value'): Row[] {
  const rows: Row[] = [];
  for (const series of evaluation.state.reads[node.read]!) {
    evaluation.state.options.checkStop();
    if (taken === 'start' && series.starts === null) continue;
    const row = node.smoothed ? smoothedRow(evaluation, node, series) : instantRow(evaluation, node, series, taken);
    if (row === undefined) continue;
    evaluation.hold(heldBy(row));
    rows.push(row);
  }
  return rows;
}

function instantRow(evaluation: Evaluation, node: InstantNode, series: SelectedSeries, taken: Taken): Row | undefined {
  const { times, stale } = series;
  const source = taken === 'value' ? series.values : taken === 'time' ? times : series.starts!;
  const { count, startMs, stepMs } = evaluation;
  const { lookbackMs } = evaluation.state.options;
  refuseHistograms(evaluation, node, series);
  const row = emptyRow(series.labels, count);
  const present = row.present!;
  const { values } = row;
  const fixed = node.atMs === undefined ? undefined : node.atMs - node.offsetMs;
  let next = firstAfter(times, fixed ?? startMs - node.offsetMs);
  for (let step = 0; step < count; step++) {
    const reference = fixed ?? startMs + step * stepMs - node.offsetMs;
    while (next < times.length && times[next]! <= reference) next++;
    const at = next - 1;
    if (at < 0 || times[at]! <= reference - lookbackMs || (stale !== null && stale[at] === 1)) continue;
    values[step] = source[at]!;
    present[step] = 1;
  }
  return settled(row);
}

/** Between two samples the value on the line through them; at most the lookback away on either side. */
function smoothedRow(evaluation: Evaluation, node: InstantNode, original: SelectedSeries): Row | undefined {
  refuseHistograms(evaluation, node, original);
  const { labels, times, values } = withoutStale(original);
  const { lookbackMs } = evaluation.state.options;
  const row = emptyRow(labels, evaluation.count);
  for (let step = 0; step < evaluation.count; step++) {
    const reference = (node.atMs ?? evaluation.timeMs(step)) - node.offsetMs;
    const from = firstAfter(times, reference - lookbackMs);
    const to = firstAfter(times, reference + lookbackMs);
    const before = firstAfter(times, reference, from, to) - 1;
    if (before < from) continue;
    const isExact = times[before] === reference || before + 1 >= to;
    row.values[step] = isExact ? values[before]! : interpolate(times, values, before, before + 1, reference);
    row.present![step] = 1;
  }
  return settled(row);
}

export function interpolate(
  times: Float64Array,
  values: Float64Array,
  left: number,
  right: number,
  atMs: number,
): number {
  const start = values[left]!;
  return start + ((values[right]! - start) * (atMs - times[left]!)) / (times[right]! - times[left]!);
}

/** A native histogram that is the newest sample of some step cannot be shown. */
function refuseHistograms(
  evaluation: Evaluation,
  node: InstantNode,
  { labels, times, histogramTimes }: SelectedSeries,
): void {
  if (histogramTimes === null) return;
  const { lookbackMs } = evaluation.state.options;
  for (let step = 0; step < evaluation.count; step++) {
    const reference = (node.atMs ?? evaluation.timeMs(step)) - node.offsetMs;
    const newest = histogramTimes[firstAfter(histogramTimes, reference) - 1];
    if (newest === undefined || newest <= reference - lookbackMs) continue;
    const float = times[firstAfter(times, reference) - 1];
    if (float === undefined || float < newest) throw new NativeHistogramError(labels.toString());
  }
}
