import type { PlanNode } from '../plan/plan.ts';
import { dropNames } from '../run/equal-labels.ts';
import { evaluateVector } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import type { Row } from '../run/row.ts';

/** Changes the values of a vector in place; its metric names go. */
export function mapRows(evaluation: Evaluation, argument: PlanNode, change: (values: Float64Array) => void): Row[] {
  const rows = evaluateVector(evaluation, argument);
  for (const row of rows) change(row.values);
  return dropNames(evaluation, rows);
}
