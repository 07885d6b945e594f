import { formatSixDecimals } from '../../../base/go-float.ts';
import type { Expr, TimeModifiers, VectorSelector } from './ast.ts';
import { asMilliseconds, parseOffsetDuration, parsePositiveDuration } from './parse-duration.ts';
import { parseNumber } from './parse-operand.ts';
import type { TokenReader } from './token-reader.ts';

/** What may follow an operand: `[range]`, `[range:step]`, `offset`, `@`, `anchored`, `smoothed`. */
export function applyPostfix(reader: TokenReader, operand: Expr): Expr {
  let expr = operand;
  for (let suffixes = 0; ; suffixes++) {
    const before = expr;
    if (reader.kind() === '[') expr = reader.nested(() => parseBrackets(reader, before));
    else if (reader.takeIf('offset')) applyOffset(reader, expr);
    else if (reader.takeIf('@')) applyAt(reader, expr);
    else if (reader.takeIf('anchored')) extend(reader, expr, 'anchored', 'smoothed');
    else if (reader.takeIf('smoothed')) extend(reader, expr, 'smoothed', 'anchored');
    else return expr;
    if (suffixes > 50) reader.fail(expr.position, 'too many modifiers after an expression');
  }
}

const durationStarts = 'number, duration, step(), or range()';

function parseBrackets(reader: TokenReader, expr: Expr): Expr {
  const open = reader.take();
  const range = reader.inside('subquery or range selector', durationStarts, () => parsePositiveDuration(reader));
  if (reader.takeIf(']')) {
    checkRanged(reader, expr, { start: open.start, end: reader.lastEnd });
    const selector = expr as VectorSelector;
    const position = { start: selector.position.start, end: reader.lastEnd };
    return { kind: 'range', selector, rangeMs: asMilliseconds(range), ...rangeExpr(range), position };
  }
  reader.expect(':', 'subquery or range', '":" or "]"');
  const step = reader.kind() === ']' ? undefined : parseStep(reader);
  reader.expect(']', 'subquery selector', '"]"');
  return {
    kind: 'subquery',
    expr,
    rangeMs: asMilliseconds(range),
    ...rangeExpr(range),
    stepMs: step === undefined ? 0 : asMilliseconds(step),
    ...(step?.kind === 'duration' ? { stepExpr: step } : {}),
    offsetMs: 0,
    position: { start: expr.position.start, end: reader.lastEnd },
  };
}

function parseStep(reader: TokenReader) {
  const expected = 'number, duration, step(), range(), or "]"';
  return reader.inside('subquery selector', expected, () => parsePositiveDuration(reader));
}

function rangeExpr(range: ReturnType<typeof parsePositiveDuration>) {
  return range.kind === 'duration' ? { rangeExpr: range } : {};
}

function checkRanged(reader: TokenReader, expr: Expr, where: { start: number; end: number }): void {
  if (expr.kind !== 'selector') reader.fail(where, 'ranges only allowed for vector selectors');
  if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined)
    reader.fail(where, 'no offset modifiers allowed before range');
  if (expr.atMs !== undefined || expr.atEdge !== undefined) reader.fail(where, 'no @ modifiers allowed before range');
}

/** Where the time modifiers of an expression are kept. */
function modifiersOf(reader: TokenReader, expr: Expr, modifier: string): TimeModifiers {
  if (expr.kind === 'selector' || expr.kind === 'subquery') return expr;
  if (expr.kind === 'range') return expr.selector;
  const allowed = 'an instant vector selector or range vector selector or a subquery';
  return reader.fail(expr.position, `${modifier} modifier must be preceded by ${allowed}`);
}

function applyOffset(reader: TokenReader, expr: Expr): void {
  const offset = reader.inside('offset', durationStarts, () => parseOffsetDuration(reader));
  const modifiers = modifiersOf(reader, expr, 'offset');
  if (modifiers.offsetMs !== 0 || modifiers.offsetExpr !== undefined)
    reader.fail(expr.position, 'offset may not be set multiple times');
  if (offset.kind === 'duration') modifiers.offsetExpr = offset;
  else modifiers.offsetMs = asMilliseconds(offset);
  expr.position.end = reader.lastEnd;
}

function applyAt(reader: TokenReader, expr: Expr): void {
  const edge = reader.takeIf('start') ?? reader.takeIf('end');
  if (edge !== undefined) {
    reader.expect('(', '@', 'timestamp');
    reader.expect(')', '@', 'timestamp');
    claimAt(reader, expr).atEdge = edge.kind as 'start' | 'end';
  } else {
    const sign = reader.takeIf('-') ?? reader.takeIf('+');
    const { value } = parseNumber(reader, '@', 'timestamp');
    const seconds = sign?.kind === '-' ? -value : value;
    if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63) {
      reader.fail(expr.position, `timestamp out of bounds for @ modifier: ${formatSixDecimals(seconds)}`);
    }
    // Rounded half away from zero, as Go's math.Round does.
    claimAt(reader, expr).atMs = Math.sign(seconds) * Math.round(Math.abs(seconds) * 1000);
  }
  expr.position.end = reader.lastEnd;
}

function claimAt(reader: TokenReader, expr: Expr): TimeModifiers {
  const modifiers = modifiersOf(reader, expr, '@');
  if (modifiers.atMs !== undefined || modifiers.atEdge !== undefined) {
    reader.fail(expr.position, '@ <timestamp> may not be set multiple times');
  }
  return modifiers;
}

function extend(reader: TokenReader, expr: Expr, name: 'anchored' | 'smoothed', other: 'anchored' | 'smoothed'): void {
  if (!reader.features.extendedRangeSelectors)
    reader.fail(expr.position, `${name} modifier is experimental and not enabled`);
  if (expr.kind === 'subquery') reader.fail(expr.position, `${name} modifier is not supported for subqueries`);
  if (expr.kind !== 'selector' && expr.kind !== 'range')
    reader.fail(expr.position, `${name} can only follow a vector selector or a range of one`);
  const selector = expr.kind === 'range' ? expr.selector : expr;
  selector[name] = true;
  if (selector[other]) reader.fail(expr.position, 'anchored and smoothed modifiers cannot be used together');
}
