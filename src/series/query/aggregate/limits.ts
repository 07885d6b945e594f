import { ratioOffset } from '../labels/label-hash.ts';
import type { AggregationNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { QueryError } from '../run/query-error.ts';
import { isPresent, type Row } from '../run/row.ts';
import { formatGeneral } from '../text/go-float.ts';
import { choosesAny } from './check-count.ts';
import { ChosenRows } from './chosen-rows.ts';
import { groupRows } from './group.ts';

/** The first k rows of each group. */
export function limitK(evaluation: Evaluation, node: AggregationNode, rows: Row[], k: Float64Array): Row[] {
  if (!choosesAny(k)) return [];
  const chosen = new ChosenRows();
  for (const group of groupRows(node, rows)) {
    for (let step = 0; step < evaluation.count; step++) {
      let left = Math.min(Math.trunc(k[step]!), rows.length);
      for (const row of group.rows) {
        if (left < 1) break;
        if (!isPresent(row, step)) continue;
        chosen.choose(row, step);
        left--;
      }
    }
  }
  return chosen.rows();
}

/** The share of rows whose labels' hash lies below a ratio; below zero, the others. The choice is the same at every evaluation. */
export function limitRatio(evaluation: Evaluation, node: AggregationNode, rows: Row[], ratio: Float64Array): Row[] {
  if (ratio.every((value) => value === 0)) return [];
  if (ratio.some((value) => Number.isNaN(value))) throw new QueryError('Ratio value is NaN');
  warnOfRatio(evaluation, node, ratio);
  const chosen = new ChosenRows();
  for (const group of groupRows(node, rows)) {
    for (const row of group.rows) {
      const offset = ratioOffset(row.labels);
      for (let step = 0; step < evaluation.count; step++) {
        const limit = Math.min(1, Math.max(-1, ratio[step]!));
        const isIn = limit >= 0 ? offset < limit : offset >= 1 + limit;
        if (isIn && isPresent(row, step)) chosen.choose(row, step);
      }
    }
  }
  return chosen.rows();
}

function warnOfRatio(evaluation: Evaluation, node: AggregationNode, ratio: Float64Array): void {
  const { annotations } = evaluation.state;
  const text = (value: number, cap: number) =>
    `ratio value should be between -1 and 1, got ${formatGeneral(value)}, capping to ${cap}`;
  const max = ratio.reduce((a, b) => Math.max(a, b));
  const min = ratio.reduce((a, b) => Math.min(a, b));
  if (max > 1) annotations.warn(text(max, 1), node.param!.position);
  if (min < -1) annotations.warn(text(min, -1), node.param!.position);
}
