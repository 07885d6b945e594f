import type { Expr, MetricExpr } from './ast.ts';
import { isSetOp, literalValue, precedences } from './binary-ops.ts';
import { ParseError } from './parse-error.ts';
import { parseModifiers } from './parse-matching.ts';
import { parseOperand } from './parse-metric.ts';
import { parseLogExpr } from './parse-selector.ts';
import type { Token } from './token.ts';
import { TokenReader } from './token-reader.ts';

/** Longer queries are refused, as by Loki. */
export const queryCharsMax = 131_072;

/** Reads a query of any kind. Throws ParseError. */
export function parse(query: string): Expr {
  if (query.length >= queryCharsMax) {
    throw new ParseError(`input size too long (${query.length} > ${queryCharsMax})`, 1, 1, false);
  }
  const reader = new TokenReader(query);
  const expr = parseExpr(reader);
  if (reader.kind() !== 'eof') reader.unexpected();
  return expr;
}

export function parseExpr(reader: TokenReader, loosest = 1): Expr {
  return reader.nested(() => {
    let left: Expr = reader.kind() === '{' ? parseLogExpr(reader) : parseOperand(reader, parseExpr);
    for (;;) {
      const operator = reader.peek();
      const precedence = precedences[operator.kind];
      if (precedence === undefined || precedence < loosest) return left;
      reader.take();
      const { returnBool, matching } = parseModifiers(reader);
      const rightFrom = reader.peek();
      const right = parseExpr(reader, operator.kind === '^' ? precedence : precedence + 1);
      const op = operator.kind as keyof typeof precedences;
      const lhs = checkedLeg(reader, operator, 'left', left);
      const rhs = checkedLeg(reader, operator, 'right', right, rightFrom);
      left = { kind: 'binary', op, lhs, rhs, returnBool, ...(matching ? { matching } : {}) } as MetricExpr;
    }
  });
}

function checkedLeg(reader: TokenReader, operator: Token, side: string, leg: Expr, at = operator): MetricExpr {
  if (leg.kind === 'log' || leg.kind === 'variants') {
    const type = leg.kind === 'log' && leg.stages.length === 0 ? 'MatchersExpr' : 'PipelineExpr';
    return reader.refuse(at, `unexpected type for ${side} leg of binary operation (${operator.kind}): *syntax.${type}`);
  }
  const value = isSetOp(operator.kind) ? literalValue(leg) : undefined;
  if (value !== undefined) {
    const what = `unexpected literal for ${side} leg of logical/set binary operation (${operator.kind})`;
    reader.refuse(at, `${what}: ${value.toFixed(6)}`);
  }
  return leg;
}
