import type { Expr } from './ast.ts';
import { print, printAggregationHead, printMatching, printSubquerySuffix } from './print.ts';

/** What is longer, in bytes, is split over several lines. */
const lineBytesMax = 100;
const INDENT = '  ';

/** The canonical form with long parts on lines of their own: what Prometheus's format_query gives. */
export function prettify(expr: Expr, level = 0): string {
  const indent = INDENT.repeat(level);
  const isShort = Buffer.byteLength(print(expr)) <= lineBytesMax;
  switch (expr.kind) {
    case 'unary':
      return `${indent}${expr.op}${prettify(expr.expr, level).trim()}`;
    case 'subquery':
      // As in Prometheus, a short one is not indented.
      return isShort ? print(expr) : `${prettify(expr.expr, level)}${printSubquerySuffix(expr)}`;
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
      return indent + print(expr);
  }
  if (isShort) return indent + print(expr);
  const inner = (child: Expr) => prettify(child, level + 1);
  switch (expr.kind) {
    case 'aggregation': {
      const param = expr.param === undefined ? '' : `${inner(expr.param)},\n`;
      return `${indent}${printAggregationHead(expr)}(\n${param}${inner(expr.expr)}\n${indent})`;
    }
    case 'binary': {
      const operator = `${expr.op}${expr.returnBool ? ' bool' : ''}${printMatching(expr)}`;
      return `${inner(expr.lhs)}\n${indent}${operator}\n${inner(expr.rhs)}`;
    }
    case 'call':
      return `${indent}${expr.name}(\n${expr.args.map(inner).join(',\n')}\n${indent})`;
    case 'paren':
      return `${indent}(\n${inner(expr.expr)}\n${indent})`;
  }
}
