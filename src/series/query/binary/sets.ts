import type { SetNode } from '../plan/plan.ts';
import { joinEqual } from '../run/equal-labels.ts';
import { evaluateVector } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { heldBy, isPresent, type Row, settled } from '../run/row.ts';
import type { SetOp } from '../syntax/ast.ts';
import { Signatures } from './signature.ts';

/** and, or, unless: decided at each step by which series of the other side are there. */
export function evaluateSet(evaluation: Evaluation, node: SetNode): Row[] {
  const left = evaluateVector(evaluation, node.lhs);
  const right = evaluateVector(evaluation, node.rhs);
  const signatures = new Signatures(node.matching);
  const [leftOf, rightOf] = [signatures.of(left), signatures.of(right)];
  const rows = combine(node.op, {
    left,
    right,
    leftOf,
    rightOf,
    count: evaluation.count,
    signatures: signatures.count,
  });
  let kept = 0;
  for (const row of rows) kept += heldBy(row);
  let given = 0;
  for (const row of [...left, ...right]) given += heldBy(row);
  evaluation.release(given - kept);
  // The others only leave rows out.
  return node.op === 'or' ? joinEqual(evaluation, rows, { onlyAcrossSteps: true }) : rows;
}

interface Sides {
  left: Row[];
  right: Row[];
  leftOf: Int32Array;
  rightOf: Int32Array;
  count: number;
  signatures: number;
}

function combine(op: SetOp, sides: Sides): Row[] {
  const { left, right, leftOf, rightOf } = sides;
  if (op === 'or') return [...left, ...masked(right, rightOf, presence(left, leftOf, sides), 0)];
  return masked(left, leftOf, presence(right, rightOf, sides), op === 'and' ? 1 : 0);
}

/** By signature, the steps at which any of the rows is there (null: all); undefined for signatures that do not occur. */
function presence(rows: Row[], of: Int32Array, { count, signatures }: Sides): (Uint8Array | null | undefined)[] {
  const there = new Array<Uint8Array | null | undefined>(signatures).fill(undefined);
  rows.forEach(({ present }, at) => {
    const signature = of[at]!;
    if (present === null) there[signature] = null;
    else if (there[signature] !== null) {
      const steps = (there[signature] ??= new Uint8Array(count));
      for (let step = 0; step < count; step++) steps[step]! |= present[step]!;
    }
  });
  return there;
}

/** The rows at those steps at which the other side's presence is as wanted. */
function masked(rows: Row[], of: Int32Array, other: (Uint8Array | null | undefined)[], wanted: 0 | 1): Row[] {
  const kept: Row[] = [];
  rows.forEach((row, at) => {
    const steps = other[of[at]!];
    if (steps === undefined || steps === null) {
      if ((steps === null) === (wanted === 1)) kept.push(row);
      return;
    }
    const present = new Uint8Array(steps.length);
    for (let step = 0; step < steps.length; step++) {
      present[step] = steps[step] === wanted && isPresent(row, step) ? 1 : 0;
    }
    const rest = settled({ ...row, present });
    if (rest !== undefined) kept.push(rest);
  });
  return kept;
}
