import { power } from '../numbers/power.ts';
import type { ArithmeticOp, ComparisonOp } from '../syntax/ast.ts';

export type NumberOp = ArithmeticOp | ComparisonOp;

/** Computes `out[i] = left[i] op right[i]`; comparisons give 1 and 0. `out` may be one of the operands. */
export function applyColumns(op: NumberOp, left: Float64Array, right: Float64Array, out: Float64Array): void {
  const count = out.length;
  switch (op) {
    case '+':
      for (let i = 0; i < count; i++) out[i] = left[i]! + right[i]!;
      return;
    case '-':
      for (let i = 0; i < count; i++) out[i] = left[i]! - right[i]!;
      return;
    case '*':
      for (let i = 0; i < count; i++) out[i] = left[i]! * right[i]!;
      return;
    case '/':
      for (let i = 0; i < count; i++) out[i] = left[i]! / right[i]!;
      return;
    case '%':
      for (let i = 0; i < count; i++) out[i] = left[i]! % right[i]!;
      return;
    case '^':
      for (let i = 0; i < count; i++) out[i] = power(left[i]!, right[i]!);
      return;
    case 'atan2':
      for (let i = 0; i < count; i++) out[i] = Math.atan2(left[i]!, right[i]!);
      return;
    default:
      compareColumns(op, left, right, out);
  }
}

function compareColumns(op: ComparisonOp, left: Float64Array, right: Float64Array, out: Float64Array): void {
  const count = out.length;
  switch (op) {
    case '==':
      for (let i = 0; i < count; i++) out[i] = left[i]! === right[i]! ? 1 : 0;
      return;
    case '!=':
      for (let i = 0; i < count; i++) out[i] = left[i]! !== right[i]! ? 1 : 0;
      return;
    case '<':
      for (let i = 0; i < count; i++) out[i] = left[i]! < right[i]! ? 1 : 0;
      return;
    case '>':
      for (let i = 0; i < count; i++) out[i] = left[i]! > right[i]! ? 1 : 0;
      return;
    case '<=':
      for (let i = 0; i < count; i++) out[i] = left[i]! <= right[i]! ? 1 : 0;
      return;
    case '>=':
      for (let i = 0; i < count; i++) out[i] = left[i]! >= right[i]! ? 1 : 0;
      return;
  }
}
