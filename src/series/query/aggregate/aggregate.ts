import type { AggregationNode } from '../plan/plan.ts';
import { evaluateScalar, evaluateVector, releaseRows } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { heldBy, type Row, settled } from '../run/row.ts';
import { countValues, valueLabel } from './count-values.ts';
import { groupRows } from './group.ts';
import { limitK, limitRatio } from './limits.ts';
import { aggregateQuantile } from './quantile.ts';
import { ranked } from './ranked.ts';
import { type Reduction, reductions } from './reductions.ts';

/** sum, topk and the others: rows of a group become one, or some of them are chosen. */
export function evaluateAggregation(evaluation: Evaluation, node: AggregationNode): Row[] {
  const reduce = reductions[node.op];
  if (reduce !== undefined) return reduced(evaluation, node, reduce);
  if (node.op === 'count_values') {
    const label = valueLabel(node);
    return held(evaluation, node, (rows) => countValues(evaluation, node, label, rows));
  }
  const param = evaluateScalar(evaluation, node.param!);
  switch (node.op) {
    case 'quantile':
      return held(evaluation, node, (rows) => aggregateQuantile(evaluation, node, rows, param));
    case 'limitk':
      return held(evaluation, node, (rows) => limitK(evaluation, node, rows, param));
    case 'limit_ratio':
      return held(evaluation, node, (rows) => limitRatio(evaluation, node, rows, param));
    default:
      return held(evaluation, node, (rows) => ranked(evaluation, node, rows, param));
  }
}

/** Evaluates the argument and gives back what it held. */
function held(evaluation: Evaluation, node: AggregationNode, aggregate: (rows: Row[]) => Row[]): Row[] {
  const rows = evaluateVector(evaluation, node.expr);
  const results = aggregate(rows);
  for (const row of results) evaluation.hold(heldBy(row));
  releaseRows(evaluation, rows);
  return results;
}

function reduced(evaluation: Evaluation, node: AggregationNode, reduce: Reduction): Row[] {
  return held(evaluation, node, (rows) =>
    groupRows(node, rows).flatMap(({ labels, rows: members }) => {
      const { values, present } = reduce(members, evaluation.count);
      const dropName = members.some((row) => row.dropName);
      return settled({ labels, dropName, values, present }) ?? [];
    }),
  );
}
