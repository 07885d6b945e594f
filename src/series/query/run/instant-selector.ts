import { quote } from '../../../base/go-quote.ts';
import type { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { InstantNode } from '../plan/plan.ts';
import type { Evaluation } from './evaluation.ts';
import { NativeHistogramError } from './query-error.ts';
import { emptyRow, heldBy, newRow, type Row, settled } from './row.ts';
import { firstAfter, type SelectedSeries, withoutStale } from './selected-series.ts';

/** What a step takes from a series: its value, or the time of the sample in milliseconds. */
export type Taken = 'value' | 'time' | 'start';

/** At each step the newest sample that is younger than the lookback, unless it is a staleness marker. */
export function evaluateInstant(evaluation: Evaluation, node: InstantNode, taken: Taken = 'value'): Row[] {
  return [...instantRows(evaluation, node, taken)];
}

/** The same row by row. */
export function* instantRows(evaluation: Evaluation, node: InstantNode, taken: Taken = 'value'): Generator<Row> {
  const places = new Places(evaluation, node);
  for (const series of evaluation.state.reads.of(node.read)) {
    evaluation.state.options.checkStop();
    if (taken === 'start' && series.starts === null) continue;
    if (!node.smoothed) refuseHistograms(evaluation, node, series);
    const row = node.smoothed ? smoothedRow(evaluation, node, series) : instantRow(places, series, taken);
    if (row === undefined) continue;
    evaluation.hold(heldBy(row));
    yield row;
  }
}

/** Where the newest sample of each step stands in a column of times. Series of one scrape share their times, and with them this. */
class Places {
  readonly #evaluation: Evaluation;
  readonly #node: InstantNode;
  #times: Float64Array | undefined;
  /** By step; what stands where there is none does not matter. */
  readonly at: Int32Array;
  /** 1 where there is one; null: everywhere. */
  present: Uint8Array | null = null;

  constructor(evaluation: Evaluation, node: InstantNode) {
    this.#evaluation = evaluation;
    this.#node = node;
    this.at = new Int32Array(evaluation.count);
  }

  moveTo(times: Float64Array): void {
    if (times === this.#times) return;
    this.#times = times;
    const { count, startMs, stepMs, state } = this.#evaluation;
    const { atMs, offsetMs } = this.#node;
    const { lookbackMs } = state.options;
    const present = new Uint8Array(count);
    let next = firstAfter(times, (atMs ?? startMs) - offsetMs);
    for (let step = 0; step < count; step++) {
      const reference = (atMs ?? startMs + step * stepMs) - offsetMs;
      while (next < times.length && times[next]! <= reference) next++;
      this.at[step] = Math.max(0, next - 1);
      if (next > 0 && times[next - 1]! > reference - lookbackMs) present[step] = 1;
    }
    this.present = present.includes(0) ? present : null;
  }
}

function instantRow(places: Places, { labels, times, values, starts, stale }: SelectedSeries, taken: Taken) {
  places.moveTo(times);
  const { at, present } = places;
  if (present !== null && !present.includes(1)) return undefined;
  const source = taken === 'value' ? values : taken === 'time' ? times : starts!;
  if (stale !== null) return staleRow(places, labels, source, stale);
  const row = newRow(labels, at.length, present);
  const out = row.values;
  for (let step = 0; step < out.length; step++) out[step] = source[at[step]!]!;
  return row;
}

function staleRow({ at, present }: Places, labels: Labels, source: Float64Array, stale: Uint8Array): Row | undefined {
  const row = emptyRow(labels, at.length);
  for (let step = 0; step < at.length; step++) {
    if ((present !== null && present[step] === 0) || stale[at[step]!] === 1) continue;
    row.values[step] = source[at[step]!]!;
    row.present![step] = 1;
  }
  return settled(row);
}

/** Between two samples the value on the line through them; at most the lookback away on either side. Nothing where floats and histograms meet. */
function smoothedRow(evaluation: Evaluation, node: InstantNode, original: SelectedSeries): Row | undefined {
  const { labels, times, values, histogramTimes } = withoutStale(original);
  const { lookbackMs } = evaluation.state.options;
  const row = emptyRow(labels, evaluation.count);
  for (let step = 0; step < evaluation.count; step++) {
    const reference = (node.atMs ?? evaluation.timeMs(step)) - node.offsetMs;
    const from = firstAfter(times, reference - lookbackMs);
    const to = firstAfter(times, reference + lookbackMs);
    const histogram = histogramTimes?.[firstAfter(histogramTimes, reference - lookbackMs)];
    if (histogram !== undefined && histogram <= reference + lookbackMs) {
      if (from === to) throw new NativeHistogramError(labels.toString());
      const what = 'encountered a mix of histograms and floats for metric name';
      evaluation.state.annotations.warn(`${what} ${quote(labels.get(metricName))}`, node.position);
      continue;
    }
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
