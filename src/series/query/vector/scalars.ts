import { larger, smaller } from '../numbers/extremum.ts';
import type { CallNode } from '../plan/plan.ts';
import { evaluateScalar, evaluateVector, releaseRows } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { isPresent, type Row, scalarRow } from '../run/row.ts';

/** Every function that gives a scalar; start(), end(), step() and range() are numbers by now. */
export const scalarFunctions: Readonly<Record<string, (evaluation: Evaluation, call: CallNode) => Float64Array>> = {
  pi: (evaluation) => new Float64Array(evaluation.count).fill(Math.PI),
  time: (evaluation) => Float64Array.from({ length: evaluation.count }, (_, step) => evaluation.timeMs(step) / 1000),
  scalar: scalarOf,
  max_of: (evaluation, call) => pairwise(evaluation, call, larger),
  min_of: (evaluation, call) => pairwise(evaluation, call, smaller),
};

/** The value of the only series at a step; NaN where there is none or are several. */
function scalarOf(evaluation: Evaluation, call: CallNode): Float64Array {
  const values = new Float64Array(evaluation.count).fill(Number.NaN);
  const seen = new Uint8Array(evaluation.count);
  const rows = evaluateVector(evaluation, call.args[0]!);
  releaseRows(evaluation, rows);
  for (const row of rows) {
    for (let step = 0; step < values.length; step++) {
      if (!isPresent(row, step)) continue;
      values[step] = seen[step] === 0 ? row.values[step]! : Number.NaN;
      seen[step] = 1;
    }
  }
  return values;
}

function pairwise(evaluation: Evaluation, call: CallNode, pick: (a: number, b: number) => number): Float64Array {
  const left = evaluateScalar(evaluation, call.args[0]!);
  const right = evaluateScalar(evaluation, call.args[1]!);
  for (let step = 0; step < left.length; step++) left[step] = pick(left[step]!, right[step]!);
  return left;
}

/** vector(): a scalar as a series without labels. */
export function vectorOf(evaluation: Evaluation, call: CallNode): Row[] {
  return [scalarRow(evaluateScalar(evaluation, call.args[0]!))];
}
