import { RE2JS } from 're2js';
import { messageOf } from '../../../base/fault.ts';
import { quote } from '../text/go-quote.ts';

/** The label that holds a metric's name. */
export const metricName = '__name__';

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** One condition on a label; a series without the label has the empty value. */
export interface Matcher {
  readonly op: MatchOp;
  readonly name: string;
  readonly value: string;
  matches(value: string): boolean;
  /** As a selector writes it. */
  toString(): string;
}

/** Regular expressions longer than this are refused. */
const patternCharsMax = 64 * 1024;
/** Values whose result a matcher remembers; when it is full it starts anew. */
const rememberedMax = 10_000;

/** Throws an Error that says what is wrong with a regular expression. */
export function createMatcher(op: MatchOp, name: string, value: string): Matcher {
  return { op, name, value, matches: predicate(op, value), toString: () => `${shownName(name)}${op}${quote(value)}` };
}

function shownName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
}

function predicate(op: MatchOp, value: string): (value: string) => boolean {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const matches = patternPredicate(value);
  return op === '=~' ? matches : (text) => !matches(text);
}

/** RE2 syntax, anchored at both ends, `.` matching newlines; linear in the text whatever the pattern. */
function patternPredicate(pattern: string): (text: string) => boolean {
  if (pattern.length > patternCharsMax)
    throw new Error(`regular expression is longer than ${patternCharsMax} characters`);
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (text) => text !== '';
  if (/^[\w\-:/ |]*$/.test(pattern)) {
    const alternatives = new Set(pattern.split('|'));
    return (text) => alternatives.has(text);
  }
  const compiled = compilePattern(pattern);
  const remembered = new Map<string, boolean>();
  return (text) => {
    let result = remembered.get(text);
    if (result === undefined) {
      result = compiled.matches(text);
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(text, result);
    }
    return result;
  };
}

/** Throws an Error worded as Go's regexp package does it. */
export function compilePattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new Error(messageOf(error).replace('`(?s)', '`'));
  }
}
