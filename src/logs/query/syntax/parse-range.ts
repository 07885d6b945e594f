import type { Grouping, LogExpr, LogRange, RangeAggregation, Unwrap } from './ast.ts';
import { parseLabelFilter } from './parse-label-filter.ts';
import { parseGrouping } from './parse-matching.ts';
import { parseNumber } from './parse-number.ts';
import { parseSelector, parseStages } from './parse-selector.ts';
import { atStage } from './parse-stage.ts';
import { type Conversion, conversions, type RangeOp, type Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

const groupable: ReadonlySet<RangeOp> = new Set([
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'max_over_time',
  'min_over_time',
  'first_over_time',
  'last_over_time',
]);
/** Over lines alone, over a label's numbers alone, or over either. */
const linesOnly: ReadonlySet<RangeOp> = new Set(['bytes_over_time', 'bytes_rate', 'count_over_time']);
const either: ReadonlySet<RangeOp> = new Set(['rate', 'absent_over_time']);

export function parseRangeAggregation(reader: TokenReader): RangeAggregation {
  const start = reader.take();
  const op = start.kind as RangeOp;
  reader.expect('(');
  const paramAt = reader.kind() === 'number' ? reader.peek() : undefined;
  const param = paramAt && parseNumber(reader);
  if (paramAt) reader.expect(',');
  else if (reader.kind() !== '{' && reader.kind() !== '(') reader.unexpected('number', '{', '(');
  if (paramAt && reader.kind() !== '{' && reader.kind() !== '(') reader.unexpected('{', '(');
  const range = parseLogRange(reader);
  reader.takeIf(')') ?? reader.unexpected();
  const grouping = parseGrouping(reader);
  check(reader, start, range, paramAt, grouping);
  return {
    kind: 'range_aggregation',
    op,
    ...(param === undefined ? {} : { param }),
    range,
    ...(grouping ? { grouping } : {}),
  };
}

function check(
  reader: TokenReader,
  start: Token,
  { unwrap }: LogRange,
  param: Token | undefined,
  grouping: Grouping | undefined,
): void {
  const op = start.kind as RangeOp;
  const isQuantile = op === 'quantile_over_time';
  if (param && !isQuantile) reader.refuse(param, `parameter ${param.text} not supported for operation ${op}`);
  if (!param && isQuantile) reader.refuse(start, `parameter required for operation ${op}`);
  if (grouping && !groupable.has(op)) reader.refuse(start, `grouping not allowed for ${op} aggregation`);
  if (unwrap && linesOnly.has(op)) reader.refuse(start, `invalid aggregation ${op} with unwrap`);
  if (!unwrap && !linesOnly.has(op) && !either.has(op))
    reader.refuse(start, `invalid aggregation ${op} without unwrap`);
}

/** The parts of a range in the order in which they were written; the interval may still be missing. */
interface Parts {
  log: LogExpr;
  unwrap?: Unwrap;
  interval?: { intervalNs: number; offsetNs: number };
}

/**
 * The interval stands behind the selector or behind the stages, inside or outside of parentheses:
 * `{…}[5m] | json`, `{…} | json [5m] offset 1h`, `({…} | json)[5m]`.
 */
export function parseLogRange(reader: TokenReader): LogRange {
  const { log, unwrap, interval } = parseParts(reader);
  if (interval === undefined) return reader.unexpected();
  return { log, ...(unwrap ? { unwrap } : {}), ...interval };
}

function parseParts(reader: TokenReader): Parts {
  if (reader.kind() === '(') {
    reader.take();
    const inner = reader.nested(() => parseParts(reader));
    reader.takeIf(')') ?? reader.unexpected();
    if (inner.interval !== undefined || reader.kind() !== 'range') return inner;
    const parts = { ...inner, interval: parseInterval(reader) };
    return inner.unwrap || inner.log.stages.length > 0 ? parts : withUnwrap(reader, parts);
  }
  const matchers = parseSelector(reader);
  let interval = reader.kind() === 'range' ? parseInterval(reader) : undefined;
  const stages = parseStages(reader);
  const parts: Parts = withUnwrap(reader, { log: { kind: 'log', matchers, stages } });
  if (interval === undefined && reader.kind() === 'range') interval = parseInterval(reader);
  return interval === undefined ? parts : { ...parts, interval };
}

function parseInterval(reader: TokenReader): { intervalNs: number; offsetNs: number } {
  const { value: intervalNs } = reader.expect('range');
  const offsetNs = reader.takeIf('offset') === undefined ? 0 : reader.expect('duration').value;
  return { intervalNs, offsetNs };
}

function withUnwrap(reader: TokenReader, parts: Parts): Parts {
  if (reader.kind() !== '|') return parts;
  reader.take();
  reader.takeIf('unwrap') ?? reader.unexpected();
  const conversion = (conversions as readonly string[]).includes(reader.kind()) ? reader.take().kind : undefined;
  if (conversion !== undefined) reader.expect('(');
  const { text: label } = conversion
    ? reader.expect('identifier')
    : (reader.takeIf('identifier') ?? reader.unexpected());
  if (conversion !== undefined) reader.expect(')');
  const unwrap: Unwrap = { label, ...(conversion ? { conversion: conversion as Conversion } : {}), filters: [] };
  while (atStage(reader) && reader.kind() === '|') {
    reader.take();
    unwrap.filters.push(parseLabelFilter(reader));
  }
  return { ...parts, unwrap };
}
