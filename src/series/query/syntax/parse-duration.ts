import type { DurationExpr, DurationOperand, NumberLiteral } from './ast.ts';
import { parseNumber } from './parse-operand.ts';
import { type Token, tokenEnd } from './token.ts';
import type { TokenReader } from './token-reader.ts';

type Op = DurationExpr['op'];

const precedences: Partial<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 };
const UNARY_PRECEDENCE = 3;
/** Seconds that fit into 63 bits of nanoseconds. */
const secondsMax = 2 ** 63 / 1e9;

/** Whole milliseconds of a literal; 0 for an expression, which is computed when the query's times are known. */
export function asMilliseconds(duration: DurationOperand): number {
  return duration.kind === 'number'
    ? Math.trunc((Math.sign(duration.value) * Math.round(Math.abs(duration.value) * 1e9)) / 1e6)
    : 0;
}

/** Inside brackets. */
export function parsePositiveDuration(reader: TokenReader): DurationOperand {
  const duration = parseDuration(reader, 1);
  if (duration.kind === 'number' && duration.value <= 0)
    reader.fail(duration.position, 'duration must be greater than 0');
  return duration;
}

/**
 * After `offset`, where an operator belongs to the query around it (`a offset 5m + b`) unless the duration began with a parenthesis,
 * or with a sign before another sign.
 */
export function parseOffsetDuration(reader: TokenReader): DurationOperand {
  const sign = reader.kind() === '-' || reader.kind() === '+' ? reader.peek() : undefined;
  const first = reader.kind(sign === undefined ? 0 : 1);
  if (sign === undefined && first === '(') return parseDuration(reader, 1);
  if (sign === undefined) return parseSimple(reader);
  reader.take();
  if (first === '-' || first === '+')
    return continued(reader, signed(reader, sign, parseDuration(reader, UNARY_PRECEDENCE)), 1);
  return signed(reader, sign, parseSimple(reader));
}

function parseDuration(reader: TokenReader, loosest: number): DurationOperand {
  const sign = reader.takeIf('-') ?? reader.takeIf('+');
  const first =
    sign === undefined
      ? parseSimple(reader)
      : signed(
          reader,
          sign,
          reader.nested(() => parseDuration(reader, UNARY_PRECEDENCE)),
        );
  return continued(reader, first, loosest);
}

function continued(reader: TokenReader, first: DurationOperand, loosest: number): DurationOperand {
  let left = first;
  for (;;) {
    const operator = reader.peek();
    const precedence = precedences[operator.kind];
    if (precedence === undefined || precedence < loosest) return left;
    reader.take();
    const right = reader.nested(() => parseDuration(reader, operator.kind === '^' ? precedence : precedence + 1));
    requireFeature(reader, left);
    if ((operator.kind === '/' || operator.kind === '%') && right.kind === 'number' && right.value === 0) {
      const what = operator.kind === '/' ? 'division' : 'modulo';
      reader.fail({ start: operator.start, end: tokenEnd(operator) }, `${what} by zero`);
    }
    const position = { start: left.position.start, end: right.position.end };
    left = { kind: 'duration', op: operator.kind as Op, lhs: left, rhs: right, wrapped: false, position };
  }
}

function parseSimple(reader: TokenReader): DurationOperand {
  const token = reader.peek();
  if (token.kind === 'step' || token.kind === 'range') {
    reader.take();
    reader.expect('(');
    reader.expect(')');
    return expression(reader, token.kind, token, {});
  }
  if (token.kind === 'max_of' || token.kind === 'min_of') {
    reader.take();
    reader.expect('(');
    const lhs = reader.nested(() => parseDuration(reader, 1));
    reader.expect(',');
    const rhs = reader.nested(() => parseDuration(reader, 1));
    reader.expect(')');
    return expression(reader, token.kind, token, { lhs, rhs });
  }
  if (token.kind === '(') return parseWrapped(reader, token);
  const literal = parseNumber(reader);
  return checkRange(reader, literal);
}

function parseWrapped(reader: TokenReader, open: Token): DurationOperand {
  reader.take();
  const inner = reader.nested(() => parseDuration(reader, 1));
  reader.expect(')');
  requireFeature(reader, inner);
  if (inner.kind === 'duration') return { ...inner, wrapped: true };
  return {
    kind: 'duration',
    op: '+',
    rhs: inner,
    wrapped: true,
    position: { start: open.start, end: inner.position.end },
  };
}

function expression(
  reader: TokenReader,
  op: Op,
  token: Token,
  operands: { lhs?: DurationOperand; rhs?: DurationOperand },
): DurationExpr {
  // That of min_of and max_of spans their arguments only, as in Prometheus.
  const { lhs, rhs } = operands;
  const position = { start: (lhs?.position ?? token).start, end: rhs?.position.end ?? reader.lastEnd };
  const expr: DurationExpr = { kind: 'duration', op, ...operands, wrapped: false, position };
  requireFeature(reader, expr);
  return expr;
}

function signed(reader: TokenReader, sign: Token, operand: DurationOperand): DurationOperand {
  const position = { start: sign.start, end: operand.position.end };
  if (operand.kind === 'number') {
    return checkRange(reader, { ...operand, value: sign.kind === '-' ? -operand.value : operand.value, position });
  }
  return sign.kind === '-' ? { kind: 'duration', op: '-', rhs: operand, wrapped: false, position } : operand;
}

function checkRange(reader: TokenReader, literal: NumberLiteral): NumberLiteral {
  if (Math.abs(literal.value) > secondsMax) reader.fail(literal.position, 'duration out of range');
  return literal;
}

function requireFeature(reader: TokenReader, expr: DurationOperand): void {
  if (!reader.features.durationExpressions)
    reader.fail(expr.position, 'experimental duration expression is not enabled');
}
