import { formatPlain } from '../../../base/go-float.ts';
import { type Expr, functions, type Matcher, type TimeModifiers } from '../../query/query.ts';

/** A query as `parse_query` shows it: Prometheus's names of nodes and fields. */
export function syntaxTree(expr: Expr): object {
  switch (expr.kind) {
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: syntaxTree(expr.expr),
        param: expr.param === undefined ? null : syntaxTree(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case 'binary':
      return binary(expr);
    case 'call':
      return call(expr);
    case 'range': {
      const { name, matchers } = expr.selector;
      const shown = { name, range: expr.rangeMs, ...shift(expr.selector), matchers: matchers.map(condition) };
      return { type: 'matrixSelector', ...shown };
    }
    case 'subquery':
      return { type: 'subquery', expr: syntaxTree(expr.expr), range: expr.rangeMs, step: expr.stepMs, ...shift(expr) };
    case 'number':
      return { type: 'numberLiteral', val: formatPlain(expr.value) };
    case 'paren':
      return { type: 'parenExpr', expr: syntaxTree(expr.expr) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: syntaxTree(expr.expr) };
    case 'selector':
      return { type: 'vectorSelector', name: expr.name, ...shift(expr), matchers: expr.matchers.map(condition) };
  }
}

function binary(expr: Extract<Expr, { kind: 'binary' }>): object {
  const { matching } = expr;
  return {
    type: 'binaryExpr',
    op: expr.op,
    lhs: syntaxTree(expr.lhs),
    rhs: syntaxTree(expr.rhs),
    matching:
      matching === undefined
        ? null
        : { card: matching.cardinality, labels: matching.labels, on: matching.on, include: matching.include },
    bool: expr.returnBool,
  };
}

function call({ name, args }: Extract<Expr, { kind: 'call' }>): object {
  const { args: argTypes, variadic, returns } = functions.get(name)!;
  return {
    type: 'call',
    func: { name, argTypes, variadic, returnType: returns },
    args: args.map(syntaxTree),
  };
}

function shift({ offsetMs, atMs, atEdge }: TimeModifiers): object {
  return { offset: offsetMs, timestamp: atMs ?? null, startOrEnd: atEdge ?? null };
}

function condition({ name, value, op }: Matcher): object {
  return { name, value, type: op };
}
