import { quote } from '../../../base/go-quote.ts';
import type { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { CallNode, PlanNode, SubqueryNode, WindowNode } from '../plan/plan.ts';
import { functionsWith, rangeFunctions } from '../range/range-functions.ts';
import type { ColumnFunction, RangeFunction, Window } from '../range/window.ts';
import { Windows } from '../range/windows.ts';
import type { Position } from '../text/position.ts';
import { absentOverTime } from './absent.ts';
import type { Annotations } from './annotations.ts';
import { LostNames } from './equal-labels.ts';
import { evaluateScalar } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import { NativeHistogramError, QueryError } from './query-error.ts';
import { emptyRow, heldBy, newRow, type Row, settled } from './row.ts';
import { firstAfter, type SelectedSeries, withoutStale } from './selected-series.ts';
import { type SubquerySeries, subquerySeries } from './subquery.ts';

const counterSuffix = /_(?:total|sum|count|bucket)$/;
/** As in Prometheus, a subquery is no place that an annotation points to: it names the query's beginning. */
const nowhere = { start: 0, end: 0 };

export function isRangeArgument(node: PlanNode): node is WindowNode | SubqueryNode {
  return node.kind === 'window' || node.kind === 'subquery';
}

/** A function of a range vector: each series' samples in the range before each step become one value. */
export function evaluateOverTime(evaluation: Evaluation, call: CallNode): Row[] {
  const rows = [...overTimeRows(evaluation, call)];
  return call.name === 'absent_over_time' ? absentOverTime(evaluation, call.args.find(isRangeArgument)!, rows) : rows;
}

/** The same row by row; that two of them lost what told them apart turns out at the end. Not for absent_over_time. */
export function* overTimeRows(evaluation: Evaluation, call: CallNode): Generator<Row> {
  const range = call.args.find(isRangeArgument)!;
  const series = range.kind === 'window' ? evaluation.state.reads.of(range.read) : subquerySeries(evaluation, range);
  const args = call.args.filter((arg) => arg !== range).map((arg) => evaluateScalar(evaluation, arg));
  const fn = rangeFunctions[call.name]!;
  checkExtension(call.name, fn, range);
  const driver = new OverTime(evaluation, call, range, fn, args);
  const warnsOfGauges = call.name === 'rate' || call.name === 'increase';
  const names = new LostNames();
  for (const one of series) {
    evaluation.state.options.checkStop();
    names.add(one.labels);
    const row = driver.row(one);
    if (row === undefined) continue;
    evaluation.hold(heldBy(row));
    if (warnsOfGauges) warnOfGauge(evaluation, call, one);
    names.addResult(row.labels);
    yield row;
  }
  if (call.name !== 'absent_over_time' && !evaluation.state.options.delayedNameRemoval) names.check();
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

/** Of the scalar that decides how it is done, where there is one, or of what it is done to. */
function positionOf({ args }: CallNode): Position {
  const said = args.find((arg) => !isRangeArgument(arg)) ?? args[0]!;
  return said.kind === 'subquery' ? nowhere : said.position;
}

/** Slides one window over the steps of series after series. */
class OverTime {
  readonly #evaluation: Evaluation;
  readonly #fn: RangeFunction;
  readonly #args: Float64Array[];
  readonly #window: Window;
  readonly #windows: Windows;
  readonly #column: ColumnFunction | undefined;

  constructor(
    evaluation: Evaluation,
    call: CallNode,
    range: WindowNode | SubqueryNode,
    fn: RangeFunction,
    args: Float64Array[],
  ) {
    const extension = range.kind === 'window' ? range.extension : 'none';
    const { annotations, options } = evaluation.state;
    this.#evaluation = evaluation;
    this.#fn = fn;
    this.#args = args;
    this.#window = emptyWindow(range.rangeMs, extension, args.length, annotations, positionOf(call));
    this.#windows = new Windows({
      count: evaluation.count,
      startMs: evaluation.startMs,
      stepMs: evaluation.stepMs,
      atMs: range.atMs,
      offsetMs: range.offsetMs,
      rangeMs: range.rangeMs,
      beforeMs: extension === 'none' ? 0 : options.lookbackMs,
      afterMs: extension === 'smoothed' ? options.lookbackMs : 0,
    });
    this.#column = extension === 'none' ? fn.column?.(this.#window) : undefined;
  }

  row(original: SelectedSeries & Partial<SubquerySeries>): Row | undefined {
    const { options } = this.#evaluation.state;
    const series = withoutStale(original);
    const dropName = this.#fn.keepsName !== true || original.dropName === true;
    const labels = dropName && !options.delayedNameRemoval ? series.labels.withoutMetadata() : series.labels;
    const starts = this.#fn.usesStarts && options.startTimestamps ? series.starts : null;
    if (this.#windows.moveTo(series.times)) this.#column?.retime?.(this.#windows);
    if (series.histogramTimes !== null) this.#refuseHistograms(series);
    if (this.#column !== undefined && starts === null) {
      return this.#columnRow(this.#column, series, labels, dropName);
    }
    const row = emptyRow(labels, this.#evaluation.count, dropName);
    const window = this.#window;
    window.times = series.times;
    window.values = series.values;
    window.starts = starts;
    window.metricName = series.labels.get(metricName);
    this.#slide(row);
    return settled(row);
  }

  #columnRow(column: ColumnFunction, series: SelectedSeries, labels: Labels, dropName: boolean): Row | undefined {
    const present = this.#windows.presence(column.samplesMin);
    if (present !== null && !present.includes(1)) return undefined;
    const row = newRow(labels, this.#evaluation.count, present, dropName);
    column.evaluate(series.values, this.#windows, row.values, this.#args);
    return row;
  }

  #refuseHistograms({ labels, histogramTimes }: SelectedSeries): void {
    const { beforeMs, afterMs } = this.#windows.ranges;
    for (let step = 0; step < this.#windows.count; step++) {
      const first = histogramTimes![firstAfter(histogramTimes!, this.#windows.startMs(step) - beforeMs)];
      const untilMs = this.#windows.endMs(step) + afterMs;
      if (first !== undefined && first <= untilMs) throw new NativeHistogramError(labels.toString());
    }
  }

  #slide(row: Row): void {
    const { count, startMs, stepMs } = this.#evaluation;
    const { froms, tos } = this.#windows;
    const window = this.#window;
    const { values, present } = row;
    const args = this.#args;
    const evaluate = this.#fn.evaluate!;
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      const to = tos[step]!;
      if (from >= to) continue;
      window.evalMs = startMs + step * stepMs;
      window.from = from;
      window.to = to;
      window.rangeStartMs = this.#windows.startMs(step);
      window.rangeEndMs = this.#windows.endMs(step);
      for (let at = 0; at < args.length; at++) window.args[at] = args[at]![step]!;
      if (!evaluate(window)) continue;
      values[step] = window.result;
      present![step] = 1;
    }
  }
}

function emptyWindow(
  rangeMs: number,
  extension: Window['extension'],
  args: number,
  annotations: Annotations,
  position: Position,
): Window {
  const none = new Float64Array(0);
  return {
    times: none,
    values: none,
    starts: null,
    from: 0,
    to: 0,
    evalMs: 0,
    rangeStartMs: 0,
    rangeEndMs: 0,
    rangeMs,
    extension,
    args: new Array<number>(args).fill(0),
    metricName: '',
    annotations,
    position,
    result: 0,
  };
}
