import { compileMatcher } from '../labels/matcher.ts';
import type { LogExpr, Matcher, MatchOp, Stage } from './ast.ts';
import { checkedPattern } from './check-stage.ts';
import { atStage, parseStage } from './parse-stage.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

const needsMatcher =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

/** More stages are refused. */
export const stagesMax = 1000;

export function parseLogExpr(reader: TokenReader): LogExpr {
  const matchers = parseSelector(reader);
  return { kind: 'log', matchers, stages: parseStages(reader) };
}

export function parseStages(reader: TokenReader): Stage[] {
  const stages: Stage[] = [];
  while (atStage(reader)) {
    if (stages.length >= stagesMax) reader.refuse(reader.peek(), `a query has more than ${stagesMax} stages`);
    stages.push(parseStage(reader));
  }
  return stages;
}

export function parseSelector(reader: TokenReader): Matcher[] {
  const open = reader.expect('{');
  const matchers: Matcher[] = [];
  if (reader.takeIf('}') === undefined) {
    matchers.push(parseMatcher(reader, '}'));
    while (reader.takeIf(',') !== undefined) matchers.push(parseMatcher(reader));
    reader.expect('}', ',');
  }
  if (!matchers.some(isSelective)) reader.refuse(open, needsMatcher);
  return matchers;
}

/** A selector without such a matcher would read every stream there is. */
function isSelective(matcher: Matcher): boolean {
  return (matcher.op === '=' || matcher.op === '=~') && !compileMatcher(matcher)('');
}

function parseMatcher(reader: TokenReader, ...others: string[]): Matcher {
  const name = reader.expect('identifier', ...others);
  const op = reader.takeIf('=') ?? reader.takeIf('=~') ?? reader.takeIf('!~') ?? reader.takeIf('!=');
  if (op === undefined) return reader.unexpected('=', '=~', '!~', '!=');
  const value = reader.expect('string');
  return checkedMatcher(reader, value, { name: name.text, op: op.kind as MatchOp, value: value.text });
}

export function checkedMatcher(reader: TokenReader, at: Token, matcher: Matcher): Matcher {
  if (matcher.op === '=~' || matcher.op === '!~') checkedPattern(reader, at, matcher.value);
  return matcher;
}
