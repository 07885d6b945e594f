import { formatGeneral } from '../../../base/go-float.ts';
import { ratioOffset } from '../labels/label-hash.ts';
import type { AggregationNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { QueryError } from '../run/query-error.ts';
import { isPresent, type Row } from '../run/row.ts';
import { choosesAny } from './check-count.ts';
import { ChosenRows } from './chosen-rows.ts';
import { groupRows } from './group.ts';
import { heapOrder } from './heap.ts';

/** The first k rows of each group. */
export function limitK(evaluation: Evaluation, node: AggregationNode, rows: Row[], k: Float64Array): Row[] {
  if (!choosesAny(k)) return [];
  const chosen = new ChosenRows();
  for (const group of groupRows(node, rows)) {
    for (let step = 0; step < evaluation.count; step++) {
      const size = Math.max(0, Math.min(Math.trunc(k[step]!), rows.length));
      const first = group.rows.filter((row) => isPresent(row, step)).slice(0, size);
      for (const row of heapOrder(first, step)) chosen.choose(row, step);
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
  const offsets = new Map(rows.map((row) => [row, ratioOffset(row.labels)]));
  for (const group of groupRows(node, rows)) {
    for (let step = 0; step < evaluation.count; step++) {
      const limit = Math.min(1, Math.max(-1, ratio[step]!));
      const inside = group.rows.filter((row) => {
        const offset = offsets.get(row)!;
        return limit >= 0 ? offset < limit : offset >= 1 + limit;
      });
      for (const row of heapOrder(inside, step)) chosen.choose(row, step);
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
