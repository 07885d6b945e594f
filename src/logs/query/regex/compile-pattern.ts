import { RE2JS } from 're2js';
import { messageOf } from '../../../base/fault.ts';

/** Longer patterns are refused: the automaton grows with them. */
export const patternCharsMax = 64 * 1024;

/** RE2's syntax, linear in the text whatever the pattern. Throws an Error worded as Go's regexp package does it. */
export function compilePattern(pattern: string, flags = 0): RE2JS {
  if (pattern.length > patternCharsMax) {
    throw new Error(`error parsing regexp: expression is longer than ${patternCharsMax} characters`);
  }
  try {
    return RE2JS.compile(pattern, flags);
  } catch (error) {
    throw new Error(messageOf(error).replace('`(?s)', '`'));
  }
}

/** What is wrong with a pattern, or undefined. */
export function patternError(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
