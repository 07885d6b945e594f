import type { AggregationNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { isPresent, type Row } from '../run/row.ts';
import { choosesAny } from './check-count.ts';
import { ChosenRows } from './chosen-rows.ts';
import { groupRows } from './group.ts';
import { type Entry, type LeavesBefore, rise, sink } from './heap.ts';

/** topk and bottomk: at each step the k rows of largest or smallest value, best first. */
export function ranked(evaluation: Evaluation, node: AggregationNode, rows: Row[], k: Float64Array): Row[] {
  if (!choosesAny(k)) return [];
  const leavesBefore: LeavesBefore =
    node.op === 'topk' ? (a, b) => Number.isNaN(a) || a < b : (a, b) => Number.isNaN(a) || a > b;
  const groups = groupRows(node, rows);
  const chosen = new ChosenRows();
  for (let step = 0; step < evaluation.count; step++) {
    const size = Math.min(Math.trunc(k[step]!), rows.length);
    if (size < 1) continue;
    for (const group of groups)
      for (const { row } of best(group.rows, step, size, leavesBefore)) chosen.choose(row, step);
  }
  return chosen.rows();
}

/** A heap with the worst of the best at its top; of equal values those that came first stay. */
function best(rows: Row[], step: number, size: number, leavesBefore: LeavesBefore): Entry[] {
  const heap: Entry[] = [];
  for (const row of rows) {
    if (!isPresent(row, step)) continue;
    const value = row.values[step]!;
    const top = heap[0]?.value ?? 0;
    if (heap.length < size) {
      heap.push({ row, value });
      rise(heap, leavesBefore);
    } else if (
      (Number.isNaN(top) && !Number.isNaN(value)) ||
      (!Number.isNaN(top) && !Number.isNaN(value) && value !== top && leavesBefore(top, value))
    ) {
      heap[0] = { row, value };
      sink(heap, leavesBefore);
    }
  }
  return heap.sort((a, b) => (leavesBefore(b.value, a.value) ? -1 : leavesBefore(a.value, b.value) ? 1 : 0));
}
