import type { SubqueryNode } from '../plan/plan.ts';
import { stepCount } from '../plan/times.ts';
import { evaluateVector } from './evaluate.ts';
import { Evaluation } from './evaluation.ts';
import { heldBy, pointCount, type Row } from './row.ts';
import type { SelectedSeries } from './selected-series.ts';

/** A series that an expression gave, and whether its name is to go. */
export interface SubquerySeries extends SelectedSeries {
  dropName: boolean;
}

/** Evaluates the expression at its own steps, which are multiples of the step since 1970, whatever the query's steps are. */
export function subquerySeries(evaluation: Evaluation, node: SubqueryNode): SubquerySeries[] {
  const { offsetMs, rangeMs, stepMs, atMs } = node;
  const lastStep = evaluation.timeMs(Math.max(0, evaluation.count - 1));
  const endMs = (atMs ?? lastStep) - offsetMs;
  const beginMs = (atMs ?? evaluation.startMs) - offsetMs - rangeMs;
  let startMs = stepMs * Math.trunc(beginMs / stepMs);
  if (startMs <= beginMs) startMs += stepMs;
  if (endMs < startMs) return [];
  const steps = stepCount({ startMs, endMs, stepMs });
  if (steps > evaluation.state.options.samplesMax) evaluation.hold(steps);
  const inner = new Evaluation(evaluation.state, { startMs, endMs, stepMs });
  return evaluateVector(inner, node.expr).map((row) => {
    evaluation.release(heldBy(row));
    return asSeries(inner, row);
  });
}

function asSeries(inner: Evaluation, row: Row): SubquerySeries {
  const { labels, dropName, present } = row;
  const points = pointCount(row);
  const times = new Float64Array(points);
  const values = points === row.values.length ? row.values : new Float64Array(points);
  let at = 0;
  for (let step = 0; step < inner.count; step++) {
    if (present !== null && present[step] === 0) continue;
    times[at] = inner.timeMs(step);
    values[at++] = row.values[step]!;
  }
  return { labels, dropName, times, values, stale: null, starts: null, histogramTimes: null };
}
