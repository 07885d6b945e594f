import { isAscii } from 'node:buffer';
import type { Line } from '../pipeline/line.ts';
import { compilePattern } from './compile-pattern.ts';
import { platformPattern } from './platform-pattern.ts';

/**
 * Whether a line matches a pattern somewhere, in time linear in the line: harmless patterns by the platform's engine on lines in ASCII
 * of bounded length, all else by RE2's automaton. Throws an Error for a wrong pattern.
 */
export function compileLineTest(pattern: string): (line: Line) => boolean {
  const automaton = compilePattern(pattern);
  const fast = platformPattern(pattern);
  if (fast === undefined) return (line) => automaton.test(line.text);
  return (line) => {
    const { text } = line;
    const isFit = text.length <= fast.charsMax && (line.isAscii || isAscii(line.bytes));
    return (isFit ? fast.test(text) : undefined) ?? automaton.test(text);
  };
}
