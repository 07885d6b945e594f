import type { BinaryOp, ComparisonOp, Expr, SetOp } from './ast.ts';

/** How tightly an operator binds. All but `^` are left-associative. */
export const precedences: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '>=': 3,
  '<': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': 6,
};

export function isSetOp(op: string): op is SetOp {
  return op === 'and' || op === 'or' || op === 'unless';
}

export function isComparison(op: string): op is ComparisonOp {
  return precedences[op] === 3;
}

/** Of two numbers. A division by zero is NaN, and a comparison is 1 or 0. */
export function calculate(op: BinaryOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? Number.NaN : left / right;
    case '%':
      return right === 0 ? Number.NaN : left % right;
    case '^':
      return left ** right;
  }
  return compare(op as ComparisonOp, left, right) ? 1 : 0;
}

export function compare(op: ComparisonOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
  }
}

/** The value of a query that is made of numbers alone; undefined for any other. */
export function literalValue(expr: Expr): number | undefined {
  if (expr.kind === 'literal') return expr.value;
  if (expr.kind !== 'binary' || isSetOp(expr.op)) return undefined;
  const left = literalValue(expr.lhs);
  const right = left === undefined ? undefined : literalValue(expr.rhs);
  return left === undefined || right === undefined ? undefined : calculate(expr.op, left, right);
}
