import { Labels } from '../labels/labels.ts';
import { type Matcher, metricName } from '../labels/matcher.ts';
import type { CallNode, PlanNode } from '../plan/plan.ts';
import { evaluateVector, releaseRows } from './evaluate.ts';
import type { Evaluation } from './evaluation.ts';
import { emptyRow, heldBy, isPresent, type Row, settled } from './row.ts';

/** absent(): 1 at the steps at which the vector is empty. */
export function evaluateAbsent(evaluation: Evaluation, call: CallNode): Row[] {
  const [argument] = call.args;
  return complement(evaluation, argument!, evaluateVector(evaluation, argument!), false);
}

/** absent_over_time(): 1 at the steps at which no series has a sample in its range. */
export function absentOverTime(evaluation: Evaluation, argument: PlanNode, rows: Row[]): Row[] {
  return complement(evaluation, argument, rows, true);
}

function complement(evaluation: Evaluation, argument: PlanNode, rows: Row[], dropName: boolean): Row[] {
  releaseRows(evaluation, rows);
  const row = emptyRow(impliedLabels(argument), evaluation.count, dropName);
  for (let step = 0; step < evaluation.count; step++) {
    if (rows.some((present) => isPresent(present, step))) continue;
    row.values[step] = 1;
    row.present![step] = 1;
  }
  const result = settled(row);
  if (result === undefined) return [];
  evaluation.hold(heldBy(result));
  return [result];
}

/** The labels that a selector fixes to one value. A label that is named twice is left out. */
function impliedLabels(argument: PlanNode): Labels {
  if (argument.kind !== 'instant' && argument.kind !== 'window') return Labels.empty;
  const implied = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of argument.matchers as readonly Matcher[]) {
    if (name === metricName) continue;
    if (op === '=' && !seen.has(name)) {
      implied.set(name, value);
      seen.add(name);
    } else implied.delete(name);
  }
  return Labels.from(implied);
}
