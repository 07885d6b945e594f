import { quote, unquote } from '../../../base/go-quote.ts';
import { DurationError, parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';
import type { Aggregation, Call, Expr, NumberLiteral } from './ast.ts';
import { functions } from './functions.ts';
import { numberValue } from './number-scanner.ts';
import { parseGrouping } from './parse-matching.ts';
import { parseSelector } from './parse-selector.ts';
import { isAggregator, metricNameWords, type Token, type TokenKind, tokenEnd } from './token.ts';
import type { TokenReader } from './token-reader.ts';

type ExprParser = (reader: TokenReader) => Expr;

const operandStarts: ReadonlySet<string> = new Set([
  'number',
  'duration',
  'string',
  'identifier',
  'metric identifier',
  ...'({+-',
]);
const contextFunctions: ReadonlySet<string> = new Set(['start', 'end', 'step', 'range', 'max_of', 'min_of']);

export function parseOperand(reader: TokenReader, parseExpr: ExprParser): Expr {
  const token = reader.peek();
  switch (token.kind) {
    case 'number':
    case 'duration':
      return parseNumber(reader);
    case 'string':
      reader.take();
      return { kind: 'string', value: textOf(reader, token), position: { start: token.start, end: tokenEnd(token) } };
    case '(':
      return parseParen(reader, parseExpr);
    case '{':
      return parseSelector(reader);
    case 'identifier':
      return reader.kind(1) === '(' ? parseCall(reader, parseExpr) : parseSelector(reader);
    case 'metric identifier':
      return parseSelector(reader);
  }
  if (isAggregator(token.kind) && ['(', 'by', 'without'].includes(reader.kind(1)))
    return parseAggregation(reader, parseExpr);
  if (contextFunctions.has(token.kind) && reader.kind(1) === '(') return parseCall(reader, parseExpr);
  if (metricNameWords.has(token.kind)) return parseSelector(reader);
  return reader.unexpected();
}

/** A number, or a duration in seconds. */
export function parseNumber(reader: TokenReader, context = '', expected = ''): NumberLiteral {
  const token = reader.takeIf('number') ?? reader.takeIf('duration') ?? reader.unexpected(context, expected);
  const position = { start: token.start, end: tokenEnd(token) };
  if (token.kind === 'duration') {
    try {
      return { kind: 'number', value: parsePrometheusDurationMs(token.text) / 1000, isDuration: true, position };
    } catch (error) {
      if (error instanceof DurationError) return reader.fail(position, error.message);
      throw error;
    }
  }
  const value = numberValue(token.text);
  return typeof value === 'string'
    ? reader.fail(position, value)
    : { kind: 'number', value, isDuration: false, position };
}

export function textOf(reader: TokenReader, token: Token): string {
  const position = { start: token.start, end: tokenEnd(token) };
  return unquote(token.text) ?? reader.fail(position, `error unquoting string ${quote(token.text)}: invalid syntax`);
}

function parseParen(reader: TokenReader, parseExpr: ExprParser): Expr {
  const open = reader.take();
  const expr = parseExpr(reader);
  reader.expect(')');
  return { kind: 'paren', expr, position: { start: open.start, end: reader.lastEnd } };
}

function parseCall(reader: TokenReader, parseExpr: ExprParser): Call {
  const name = reader.take();
  const signature = functions.get(name.text);
  const where = { start: name.start, end: tokenEnd(name) };
  const args = parseArguments(reader, parseExpr);
  if (signature === undefined) return reader.fail(where, `unknown function with name ${quote(name.text)}`);
  if (signature.experimental && !reader.features.experimentalFunctions) {
    return reader.fail(where, `function ${quote(name.text)} is not enabled`);
  }
  return { kind: 'call', name: name.text, args, position: { start: name.start, end: reader.lastEnd } };
}

function startsOperand(kind: TokenKind): boolean {
  return operandStarts.has(kind) || metricNameWords.has(kind);
}

function parseArguments(reader: TokenReader, parseExpr: ExprParser): Expr[] {
  reader.expect('(');
  const args: Expr[] = [];
  while (reader.kind() !== ')') {
    args.push(parseExpr(reader));
    const comma = reader.takeIf(',');
    if (comma === undefined) break;
    if (!startsOperand(reader.kind())) {
      if (reader.kind() === 'error') reader.unexpected();
      reader.fail({ start: comma.start, end: tokenEnd(comma) }, 'trailing commas not allowed in function call args');
    }
  }
  reader.expect(')');
  return args;
}

const withParam: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);
const experimental: ReadonlySet<string> = new Set(['limitk', 'limit_ratio']);

function parseAggregation(reader: TokenReader, parseExpr: ExprParser): Aggregation {
  const token = reader.take();
  const op = token.kind as Aggregation['op'];
  const { before, args } = reader.inside('aggregation', '', () => {
    return { before: parseBy(reader), args: parseArguments(reader, parseExpr) };
  });
  const { grouping, without } = before ?? parseBy(reader) ?? { grouping: [], without: false };
  const position = { start: token.start, end: reader.lastEnd };
  if (reader.kind() === 'error') reader.unexpected();
  if (args.length === 0) return reader.fail(position, 'no arguments for aggregate expression provided');
  if (experimental.has(op) && !reader.features.experimentalFunctions) {
    reader.fail(
      position,
      `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
    );
  }
  const wanted = withParam.has(op) ? 2 : 1;
  if (args.length !== wanted) {
    const detail = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`;
    return reader.fail(position, detail);
  }
  const param = wanted === 2 ? { param: args[0]! } : {};
  return { kind: 'aggregation', op, expr: args[wanted - 1]!, ...param, grouping, without, position };
}

function parseBy(reader: TokenReader): { grouping: string[]; without: boolean } | undefined {
  const word = reader.takeIf('by') ?? reader.takeIf('without');
  return word === undefined ? undefined : { grouping: parseGrouping(reader), without: word.kind === 'without' };
}
