import { RE2JS } from 're2js';
import { messageOf } from '../../../base/fault.ts';
import { quote } from '../../../base/go-quote.ts';
import { labelTest, type MatchOp } from '../../../base/label-match.ts';

/** The label that holds a metric's name. */
export const metricName = '__name__';

export type { MatchOp };

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

/** Throws an Error that says what is wrong with a regular expression. */
export function createMatcher(op: MatchOp, name: string, value: string): Matcher {
  return {
    op,
    name,
    value,
    matches: labelTest(op, value, compilePattern),
    toString: () => `${shownName(name)}${op}${quote(value)}`,
  };
}

function shownName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
}

/** RE2 syntax, anchored at both ends where it is matched, `.` matching newlines; linear in the text. Throws an Error worded as Go's regexp does it. */
export function compilePattern(pattern: string): RE2JS {
  if (pattern.length > patternCharsMax)
    throw new Error(`regular expression is longer than ${patternCharsMax} characters`);
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new Error(messageOf(error).replace('`(?s)', '`'));
  }
}
