import type { BinaryNode } from '../plan/plan.ts';
import { dropNames, joinEqual } from '../run/equal-labels.ts';
import { evaluateScalar, evaluateVector, releaseRows } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { heldBy, isPresent, type Row, scalarRow, settled } from '../run/row.ts';
import { type ComparisonOp, isComparison } from '../syntax/ast.ts';
import { applyColumns, type NumberOp } from './arithmetic.ts';
import { matchVectors } from './matching.ts';

/** Arithmetic and comparisons. Between scalars the result is one row without labels. */
export function evaluateBinary(evaluation: Evaluation, node: BinaryNode): Row[] {
  const { op, lhsIsScalar, rhsIsScalar } = node;
  if (op === '</' || op === '>/') return trim(evaluation, node);
  if (lhsIsScalar && rhsIsScalar) {
    const left = evaluateScalar(evaluation, node.lhs);
    applyColumns(op, left, evaluateScalar(evaluation, node.rhs), left);
    return [scalarRow(left)];
  }
  if (lhsIsScalar || rhsIsScalar) return withScalar(evaluation, node, op);
  const left = evaluateVector(evaluation, node.lhs);
  const right = evaluateVector(evaluation, node.rhs);
  const { rows, areDistinct } = matchVectors(evaluation, node, left, right);
  for (const row of rows) evaluation.hold(heldBy(row));
  releaseRows(evaluation, left);
  releaseRows(evaluation, right);
  return areDistinct ? rows : joinEqual(evaluation, rows, { onlyAcrossSteps: true });
}

/** Changes the rows of the vector in place. A comparison keeps the vector's own values, on whichever side it stands. */
function withScalar(evaluation: Evaluation, node: BinaryNode, op: NumberOp): Row[] {
  const isScalarLeft = node.lhsIsScalar;
  const scalar = evaluateScalar(evaluation, isScalarLeft ? node.lhs : node.rhs);
  const rows = evaluateVector(evaluation, isScalarLeft ? node.rhs : node.lhs);
  if (!isComparison(op) || node.returnBool) {
    for (const { values } of rows) {
      applyColumns(op, isScalarLeft ? scalar : values, isScalarLeft ? values : scalar, values);
    }
    return dropNames(evaluation, rows);
  }
  const results: Row[] = [];
  for (const row of rows) {
    const kept = settled(filtered(row, op, isScalarLeft ? scalar : row.values, isScalarLeft ? row.values : scalar));
    evaluation.release(heldBy(row) - (kept === undefined ? 0 : heldBy(kept)));
    if (kept !== undefined) results.push(kept);
  }
  return results;
}

/** The row where the comparison holds. */
function filtered(row: Row, op: ComparisonOp, left: Float64Array, right: Float64Array): Row {
  const holds = new Float64Array(row.values.length);
  applyColumns(op, left, right, holds);
  const present = new Uint8Array(holds.length);
  for (let step = 0; step < holds.length; step++) present[step] = holds[step] === 1 && isPresent(row, step) ? 1 : 0;
  return { ...row, present };
}

/** Between floats there is nothing to cut; whoever writes it is told. */
function trim(evaluation: Evaluation, node: BinaryNode): Row[] {
  const sides = [node.lhsIsScalar ? undefined : node.lhs, node.rhsIsScalar ? undefined : node.rhs];
  const results = sides.map((side) => (side === undefined ? undefined : evaluateVector(evaluation, side)));
  const meet = results.every((rows) => rows === undefined || rows.length > 0);
  const what = `incompatible sample types encountered for binary operator "${node.op}": float ${node.op} float`;
  if (meet) evaluation.state.annotations.inform(what, node.position);
  for (const rows of results) releaseRows(evaluation, rows ?? []);
  return [];
}
