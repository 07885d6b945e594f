import { RE2JS } from 're2js';
import { labelTest } from '../../../base/label-match.ts';
import { compilePattern } from '../regex/compile-pattern.ts';
import type { Matcher } from '../syntax/ast.ts';

/** A test of a label's value; the pattern must match all of it, and `.` matches newlines. Throws an Error for a wrong pattern. */
export function compileMatcher({ op, value }: Pick<Matcher, 'op' | 'value'>): (text: string) => boolean {
  return labelTest(op, value, (pattern) => compilePattern(pattern, RE2JS.DOTALL));
}
