import { compareLabels, type Labels } from '../labels/labels.ts';
import { isNaturallyBefore } from '../labels/natural-order.ts';
import type { CallNode } from '../plan/plan.ts';
import { evaluateVector, stringOf } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import type { Row } from '../run/row.ts';

/** The order of an instant query's result. A range query's result is ordered by labels in any case. */
export const sortFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = {
  sort: (evaluation, call) => byValue(evaluation, call, 1),
  sort_desc: (evaluation, call) => byValue(evaluation, call, -1),
  sort_by_label: (evaluation, call) => byLabels(evaluation, call, 1),
  sort_by_label_desc: (evaluation, call) => byLabels(evaluation, call, -1),
};

function sortable(evaluation: Evaluation, call: CallNode): Row[] {
  const rows = evaluateVector(evaluation, call.args[0]!);
  const what = 'sort is ineffective for range queries since results are always ordered by labels';
  if (!evaluation.isSingle) evaluation.state.annotations.warn(what, call.position);
  return rows;
}

/** NaN comes last, whichever the direction. */
function byValue(evaluation: Evaluation, call: CallNode, direction: number): Row[] {
  const rows = sortable(evaluation, call);
  if (evaluation.count !== 1) return rows;
  return rows.sort((a, b) => {
    const [left, right] = [a.values[0]!, b.values[0]!];
    if (Number.isNaN(left) || Number.isNaN(right)) return (Number.isNaN(left) ? 1 : 0) - (Number.isNaN(right) ? 1 : 0);
    return left === right ? 0 : (left < right ? -1 : 1) * direction;
  });
}

function byLabels(evaluation: Evaluation, call: CallNode, direction: number): Row[] {
  const names = call.args.slice(1).map(stringOf);
  return sortable(evaluation, call).sort((a, b) => direction * compare(names, a.labels, b.labels));
}

/** Labels that are equal in what was asked for are ordered by all of them. */
function compare(names: string[], a: Labels, b: Labels): number {
  for (const name of names) {
    const [left, right] = [a.get(name), b.get(name)];
    if (left !== right) return isNaturallyBefore(left, right) ? -1 : 1;
  }
  return compareLabels(a, b);
}
