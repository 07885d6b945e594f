import type { Matcher } from '../labels/matcher.ts';
import type { BinaryOp, Expr } from './ast.ts';
import { checkTypes } from './check.ts';
import { type Features, noFeatures } from './features.ts';
import { parseModifiers } from './parse-matching.ts';
import { parseOperand } from './parse-operand.ts';
import { applyPostfix } from './parse-postfix.ts';
import { parseSelector } from './parse-selector.ts';
import { expressionDepthMax, TokenReader } from './token-reader.ts';

/** Operators bind from loose to tight; all are left-associative but `^`. */
const precedences: Partial<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<=': 3,
  '<': 3,
  '>=': 3,
  '>': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};

/** Reads a query and checks its types. Throws ParseError. */
export function parse(query: string, features: Features = noFeatures): Expr {
  const reader = new TokenReader(query, features);
  if (reader.kind() === 'end of input') reader.fail({ start: 0, end: 0 }, 'no expression found in input');
  const expr = parseExpr(reader);
  if (reader.kind() !== 'end of input') reader.unexpected();
  checkTypes(query, expr);
  return expr;
}

/** Reads `name{label="value"}`, as the API's match[] parameters have it. Throws ParseError. */
export function parseMatchers(selector: string): Matcher[] {
  const reader = new TokenReader(selector, noFeatures);
  const { matchers } = parseSelector(reader);
  if (reader.kind() !== 'end of input') reader.unexpected();
  return matchers;
}

export function parseExpr(reader: TokenReader, loosest = 1): Expr {
  let left = reader.nested(() => parseUnary(reader));
  for (let links = 1; ; links++) {
    const operator = reader.peek();
    const precedence = precedences[operator.kind];
    if (precedence === undefined || precedence < loosest) return left;
    // A chain of operators is a tree as deep as it is long.
    if (links > expressionDepthMax) {
      reader.fail(
        { start: operator.start, end: operator.start },
        `expression chains more than ${expressionDepthMax} operators`,
      );
    }
    reader.take();
    const { returnBool, matching } = parseModifiers(reader);
    const right = reader.nested(() => parseExpr(reader, operator.kind === '^' ? precedence : precedence + 1));
    const position = { start: left.position.start, end: right.position.end };
    if (!reader.features.fillModifiers && (matching.fillLeft ?? matching.fillRight) !== undefined) {
      reader.fail(position, 'binop fill modifiers are experimental and not enabled');
    }
    left = { kind: 'binary', op: operator.kind as BinaryOp, lhs: left, rhs: right, returnBool, matching, position };
  }
}

/** A sign binds as loosely as `*`: -2^2 is -(2^2). */
function parseUnary(reader: TokenReader): Expr {
  const sign = reader.takeIf('-') ?? reader.takeIf('+');
  if (sign === undefined) return applyPostfix(reader, parseOperand(reader, parseExpr));
  const expr = reader.nested(() => parseExpr(reader, precedences['^']));
  const position = { start: sign.start, end: expr.position.end };
  if (expr.kind !== 'number') return { kind: 'unary', op: sign.kind as '+' | '-', expr, position };
  return { ...expr, value: sign.kind === '-' ? -expr.value : expr.value, position };
}
