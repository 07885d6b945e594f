import { messageOf } from '../../../base/fault.ts';
import { createMatcher, type Matcher, type MatchOp, metricName } from '../labels/matcher.ts';
import type { VectorSelector } from './ast.ts';
import { textOf } from './parse-operand.ts';
import { metricNameWords, type Token, tokenEnd } from './token.ts';
import type { TokenReader } from './token-reader.ts';

/** `name{label="value", …}`, each half optional. */
export function parseSelector(reader: TokenReader): VectorSelector {
  const { start } = reader.peek();
  let name = '';
  if (reader.kind() !== '{') {
    const token = reader.peek();
    const isName = token.kind === 'identifier' || token.kind === 'metric identifier' || metricNameWords.has(token.kind);
    if (!isName) reader.unexpected();
    name = reader.take().text;
  }
  const matchers = reader.kind() === '{' ? parseBraces(reader) : [];
  if (name !== '') matchers.push(createMatcher('=', metricName, name));
  const position = { start, end: reader.lastEnd };
  return {
    kind: 'selector',
    name,
    matchers,
    offsetMs: 0,
    anchored: false,
    smoothed: false,
    mayMatchAll: false,
    position,
  };
}

function parseBraces(reader: TokenReader): Matcher[] {
  reader.expect('{');
  const matchers: Matcher[] = [];
  while (reader.takeIf('}') === undefined) {
    matchers.push(parseMatcher(reader));
    if (reader.takeIf(',') === undefined && reader.kind() !== '}') reader.unexpected('label matching', '"," or "}"');
  }
  return matchers;
}

function parseMatcher(reader: TokenReader): Matcher {
  const label = reader.takeIf('identifier') ?? reader.takeIf('string');
  if (label === undefined) return reader.unexpected('label matching', 'identifier or "}"');
  const name = label.kind === 'string' ? textOf(reader, label) : label.text;
  const op = ['=', '!=', '=~', '!~'].includes(reader.kind()) ? (reader.take().kind as MatchOp) : undefined;
  if (op === undefined) {
    if (label.kind === 'identifier') reader.unexpected('label matching', 'label matching operator');
    return createMatcher('=', metricName, name);
  }
  const value = reader.expect('string', 'label matching', 'string');
  return matcherOf(reader, label, op, name, value);
}

function matcherOf(reader: TokenReader, label: Token, op: MatchOp, name: string, value: Token): Matcher {
  const text = textOf(reader, value);
  try {
    return createMatcher(op, name, text);
  } catch (error) {
    return reader.fail({ start: label.start, end: tokenEnd(value) }, messageOf(error));
  }
}
