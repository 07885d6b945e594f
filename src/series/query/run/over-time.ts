import { quote } from '../../../base/go-quote.ts';
import { metricName } from '../labels/matcher.ts';
import type { CallNode, PlanNode, SubqueryNode, WindowNode } from '../plan/plan.ts';
import { functionsWith, rangeFunctions } from '../range/range-functions.ts';
import type { RangeFunction, Window } from '../range/window.ts';
import type { Position } from '../text/position.ts';
import { absentOverTime } from './absent.ts';
import { hasEqualLabels, mayLoseDifference } from './equal-labels.ts';
import { evaluateScalar } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import { failDuplicate, NativeHistogramError, QueryError } from './query-error.ts';
import { emptyRow, heldBy, type Row, settled } from './row.ts';
import { firstAfter, type SelectedSeries, withoutStale } from './selected-series.ts';
import { type SubquerySeries, subquerySeries } from './subquery.ts';

const counterSuffix = /_(?:total|sum|count|bucket)$/;
const noDrops = new Int32Array(0);
/** As in Prometheus, a subquery is no place that an annotation points to: it names the query's beginning. */
const nowhere = { start: 0, end: 0 };

export function isRangeArgument(node: PlanNode): node is WindowNode | SubqueryNode {
  return node.kind === 'window' || node.kind === 'subquery';
}

/** A function of a range vector: each series' samples in the range before each step become one value. */
export function evaluateOverTime(evaluation: Evaluation, call: CallNode): Row[] {
  const range = call.args.find(isRangeArgument)!;
  const series = range.kind === 'window' ? evaluation.state.reads[range.read]! : subquerySeries(evaluation, range);
  const args = call.args.filter((arg) => arg !== range).map((arg) => evaluateScalar(evaluation, arg));
  const fn = rangeFunctions[call.name]!;
  checkExtension(call.name, fn, range);
  const driver = new OverTime(evaluation, call, range, fn, args);
  const rows: Row[] = [];
  for (const one of series) {
    evaluation.state.options.checkStop();
    const row = driver.row(one);
    if (row === undefined) continue;
    evaluation.hold(heldBy(row));
    if (call.name === 'rate' || call.name === 'increase') warnOfGauge(evaluation, call, one);
    rows.push(row);
  }
  if (call.name === 'absent_over_time') return absentOverTime(evaluation, range, rows);
  if (evaluation.state.options.delayedNameRemoval || !mayLoseDifference(series)) return rows;
  if (hasEqualLabels(rows)) failDuplicate();
  return rows;
}

function checkExtension(name: string, fn: RangeFunction, range: WindowNode | SubqueryNode): void {
  if (range.kind !== 'window' || range.extension === 'none' || fn.extensions?.includes(range.extension)) return;
  const allowed = functionsWith(range.extension).join(', ');
  throw new QueryError(`${range.extension} modifier can only be used with: ${allowed} - not with ${name}`);
}

function warnOfGauge(evaluation: Evaluation, call: CallNode, { labels }: SelectedSeries): void {
  const name = labels.get(metricName);
  if (name === '' || counterSuffix.test(name)) return;
  const what = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket:';
  evaluation.state.annotations.inform(`${what} ${quote(name)}`, positionOf(call));
}

function positionOf(call: CallNode): Position {
  const [first] = call.args;
  return first!.kind === 'subquery' ? nowhere : first!.position;
}

/** For each step the samples in its range, `froms` included, `tos` excluded, of the series that have these times. */
interface Bounds {
  times: Float64Array | undefined;
  /** How much further samples are looked at than the range reaches. */
  before: number;
  after: number;
  froms: Int32Array;
  tos: Int32Array;
}

const noBounds = new Int32Array(0);

/** Slides one window over the steps of series after series. */
class OverTime {
  readonly #evaluation: Evaluation;
  readonly #range: WindowNode | SubqueryNode;
  readonly #fn: RangeFunction;
  readonly #args: Float64Array[];
  readonly #window: Window;
  readonly #bounds: Bounds;

  constructor(
    evaluation: Evaluation,
    call: CallNode,
    range: WindowNode | SubqueryNode,
    fn: RangeFunction,
    args: Float64Array[],
  ) {
    this.#evaluation = evaluation;
    this.#range = range;
    this.#fn = fn;
    this.#args = args;
    const none = new Float64Array(0);
    this.#window = {
      times: none,
      values: none,
      starts: null,
      from: 0,
      to: 0,
      evalMs: 0,
      rangeStartMs: 0,
      rangeEndMs: 0,
      rangeMs: range.rangeMs,
      extension: range.kind === 'window' ? range.extension : 'none',
      args: args.map(() => 0),
      drops: noDrops,
      metricName: '',
      annotations: evaluation.state.annotations,
      position: positionOf(call),
      result: 0,
    };
    const { lookbackMs } = evaluation.state.options;
    const { extension } = this.#window;
    this.#bounds = {
      times: undefined,
      before: extension === 'none' ? 0 : lookbackMs,
      after: extension === 'smoothed' ? lookbackMs : 0,
      froms: noBounds,
      tos: noBounds,
    };
  }

  row(original: SelectedSeries & Partial<SubquerySeries>): Row | undefined {
    const { options } = this.#evaluation.state;
    const series = withoutStale(original);
    const dropName = this.#fn.keepsName !== true || original.dropName === true;
    const labels = dropName && !options.delayedNameRemoval ? series.labels.withoutMetadata() : series.labels;
    const row = emptyRow(labels, this.#evaluation.count, dropName);
    const window = this.#window;
    window.times = series.times;
    window.values = series.values;
    window.starts = this.#fn.usesStarts && options.useStartTimestamps ? series.starts : null;
    window.drops = this.#fn.usesDrops && window.starts === null ? drops(series.values) : noDrops;
    window.metricName = series.labels.get(metricName);
    this.#slide(series, row);
    return settled(row);
  }

  #slide(series: SelectedSeries, row: Row): void {
    const { count, startMs, stepMs } = this.#evaluation;
    const { atMs, offsetMs, rangeMs } = this.#range;
    const window = this.#window;
    const { before, after, froms, tos } = this.#boundsOf(series.times);
    const { values, present } = row;
    const args = this.#args;
    const fn = this.#fn;
    for (let step = 0; step < count; step++) {
      const evalMs = startMs + step * stepMs;
      const end = (atMs ?? evalMs) - offsetMs;
      const start = end - rangeMs;
      if (series.histogramTimes !== null) refuseHistograms(series, start - before, end + after);
      const from = froms[step]!;
      const to = tos[step]!;
      if (from >= to) continue;
      window.evalMs = evalMs;
      window.from = from;
      window.to = to;
      window.rangeStartMs = start;
      window.rangeEndMs = end;
      for (let at = 0; at < args.length; at++) window.args[at] = args[at]![step]!;
      if (!fn.evaluate(window)) continue;
      values[step] = window.result;
      present![step] = 1;
    }
  }

  /** Series of one scrape share their times, and with them where each step's samples begin and end. */
  #boundsOf(times: Float64Array): Bounds {
    const bounds = this.#bounds;
    if (times === bounds.times) return bounds;
    const { count, startMs, stepMs } = this.#evaluation;
    const { atMs, offsetMs, rangeMs } = this.#range;
    bounds.times = times;
    if (bounds.froms === noBounds) [bounds.froms, bounds.tos] = [new Int32Array(count), new Int32Array(count)];
    let from = -1;
    let to = 0;
    for (let step = 0; step < count; step++) {
      const end = (atMs ?? startMs + step * stepMs) - offsetMs + bounds.after;
      const start = end - bounds.after - rangeMs - bounds.before;
      if (from < 0) {
        from = firstAfter(times, start);
        to = firstAfter(times, end);
      }
      while (from < times.length && times[from]! <= start) from++;
      while (to < times.length && times[to]! <= end) to++;
      bounds.froms[step] = from;
      bounds.tos[step] = to;
    }
    return bounds;
  }
}

function refuseHistograms({ labels, histogramTimes }: SelectedSeries, afterMs: number, untilMs: number): void {
  const first = histogramTimes![firstAfter(histogramTimes!, afterMs)];
  if (first !== undefined && first <= untilMs) throw new NativeHistogramError(labels.toString());
}

/** Where the values fall; counters do so rarely. */
function drops(values: Float64Array): Int32Array {
  let found: number[] | undefined;
  for (let at = 1; at < values.length; at++) {
    if (values[at]! < values[at - 1]!) {
      found ??= [];
      found.push(at);
    }
  }
  return found === undefined ? noDrops : Int32Array.from(found);
}
