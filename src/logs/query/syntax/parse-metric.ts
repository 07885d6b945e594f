import { compilePattern, patternError } from '../regex/compile-pattern.ts';
import type { Expr, LabelReplace, MetricExpr, VariantsExpr, VectorAggregation } from './ast.ts';
import { parseGrouping } from './parse-matching.ts';
import { parseNumber } from './parse-number.ts';
import { parseLogRange, parseRangeAggregation } from './parse-range.ts';
import { rangeOps, type Token, type VectorOp, vectorOps } from './token.ts';
import type { TokenReader } from './token-reader.ts';

type ExprParser = (reader: TokenReader) => Expr;

const rangeWords: ReadonlySet<string> = new Set(rangeOps);
const vectorWords: ReadonlySet<string> = new Set(vectorOps);
const withCount: ReadonlySet<string> = new Set(['topk', 'bottomk', 'approx_topk']);

/** What an operator may stand beside, but for a selector. */
export function parseOperand(reader: TokenReader, parseExpr: ExprParser): Expr {
  const token = reader.peek();
  if (rangeWords.has(token.kind)) return parseRangeAggregation(reader);
  if (vectorWords.has(token.kind)) return parseVectorAggregation(reader, parseExpr);
  switch (token.kind) {
    case 'number':
      return { kind: 'literal', value: parseNumber(reader) };
    case '+':
    case '-':
      return { kind: 'literal', value: parseNumber(reader) };
    case '(':
      return parseParenthesised(reader, parseExpr);
    case 'vector':
      return parseVector(reader);
    case 'label_replace':
      return parseLabelReplace(reader, parseExpr);
    case 'variants':
      return parseVariants(reader, parseExpr);
  }
  return reader.unexpected();
}

function parseParenthesised(reader: TokenReader, parseExpr: ExprParser): Expr {
  reader.expect('(');
  const expr = parseExpr(reader);
  reader.takeIf(')') ?? reader.unexpected();
  return expr;
}

function parseMetric(reader: TokenReader, parseExpr: ExprParser): MetricExpr {
  const expr = parseExpr(reader);
  // Of a log query what is missing is a range or an operator behind it.
  if (expr.kind === 'log' || expr.kind === 'variants') return reader.unexpected();
  return expr;
}

function parseVectorAggregation(reader: TokenReader, parseExpr: ExprParser): VectorAggregation {
  const start = reader.take();
  const op = start.kind as VectorOp;
  const before = parseGrouping(reader);
  reader.expect('(');
  const count = reader.kind() === 'number' && reader.kind(1) === ',' ? reader.take() : undefined;
  if (count !== undefined) reader.take();
  const expr = parseMetric(reader, parseExpr);
  reader.takeIf(')') ?? reader.unexpected();
  const grouping = before ?? parseGrouping(reader);
  const param = checkedCount(reader, start, count);
  if (op === 'approx_topk' && grouping) reader.refuse(start, `grouping not allowed for ${op} aggregation`);
  if (op.startsWith('sort') && grouping && grouping.labels.length > 0) {
    reader.refuse(start, "sort and sort_desc doesn't allow grouping by ");
  }
  return { kind: 'vector_aggregation', op, ...param, expr, ...(grouping ? { grouping } : {}) };
}

function checkedCount(reader: TokenReader, { kind: op, ...at }: Token, count: Token | undefined): { param?: number } {
  const start = { ...at, kind: op };
  if (!withCount.has(op)) {
    if (count) reader.refuse(start, `unsupported parameter for operation ${op}(${count.text},`);
    return {};
  }
  if (count === undefined) return reader.refuse(start, `parameter required for operation ${op}`);
  if (!/^\d+$/.test(count.text)) reader.refuse(count, `invalid parameter ${op}(${count.text},`);
  if (Number(count.text) <= 0) reader.refuse(count, `invalid parameter (must be greater than 0) ${op}(${count.text}`);
  return { param: Number(count.text) };
}

function parseVector(reader: TokenReader): MetricExpr {
  reader.take();
  reader.expect('(');
  if (reader.kind() !== 'number') reader.unexpected('number');
  const value = parseNumber(reader);
  reader.expect(')');
  return { kind: 'vector', value };
}

function parseLabelReplace(reader: TokenReader, parseExpr: ExprParser): LabelReplace {
  reader.take();
  reader.expect('(');
  const expr = parseMetric(reader, parseExpr);
  const texts: Token[] = [];
  for (let at = 0; at < 4; at++) {
    reader.expect(',');
    texts.push(reader.expect('string'));
  }
  reader.expect(')');
  const [target, replacement, source, pattern] = texts as [Token, Token, Token, Token];
  const wrong = patternError(() => compilePattern(`^(?:${pattern.text})$`));
  if (wrong !== undefined) reader.refuse(pattern, `invalid regex in label_replace: ${wrong}`);
  return {
    kind: 'label_replace',
    expr,
    target: target.text,
    replacement: replacement.text,
    source: source.text,
    pattern: pattern.text,
  };
}

function parseVariants(reader: TokenReader, parseExpr: ExprParser): VariantsExpr {
  reader.take();
  reader.expect('(');
  const variants = [parseMetric(reader, parseExpr)];
  while (reader.takeIf(',') !== undefined) variants.push(parseMetric(reader, parseExpr));
  reader.expect(')', ',');
  const of = reader.peek();
  if (of.kind !== 'identifier' || of.text.toLowerCase() !== 'of') reader.unexpected();
  reader.take();
  reader.expect('(');
  const range = parseLogRange(reader);
  reader.expect(')');
  return { kind: 'variants', variants, of: range };
}
