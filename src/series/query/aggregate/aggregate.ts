import type { Labels } from '../labels/labels.ts';
import type { AggregationNode } from '../plan/plan.ts';
import { evaluateScalar, evaluateVector, releaseRows, vectorRows } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { giveBack, heldBy, type Row, settled } from '../run/row.ts';
import { countValues, valueLabel } from './count-values.ts';
import { Grouping } from './group.ts';
import { limitK, limitRatio } from './limits.ts';
import { aggregateQuantile } from './quantile.ts';
import { ranked } from './ranked.ts';
import type { Reduction } from './reduction.ts';
import { reductions } from './reductions.ts';

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
      return ranked(evaluation, node, param);
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

interface Group {
  labels: Labels;
  dropName: boolean;
  reduction: Reduction;
  held: number;
}

/** Rows are let go one by one as they come; what is held is a column or two of each group. */
function reduced(evaluation: Evaluation, node: AggregationNode, reduce: (first: Row) => Reduction): Row[] {
  const { rows, areOwn } = vectorRows(evaluation, node.expr);
  const grouping = new Grouping(node);
  const groups: Group[] = [];
  for (const row of rows) {
    const number = grouping.numberOf(row.labels);
    const group = groups[number];
    if (group === undefined) {
      groups.push({
        labels: grouping.labelsOf(row.labels),
        dropName: row.dropName,
        held: heldBy(row),
        reduction: reduce(row),
      });
      continue;
    }
    group.reduction.add(row);
    group.dropName ||= row.dropName;
    evaluation.release(heldBy(row));
    if (areOwn) giveBack(row);
  }
  return groups.flatMap(({ labels, dropName, reduction, held: before }) => {
    const row = settled({ labels, dropName, present: reduction.present, values: reduction.result() });
    evaluation.hold((row === undefined ? 0 : heldBy(row)) - before);
    return row ?? [];
  });
}
