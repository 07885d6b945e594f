import type { Line } from '../pipeline/line.ts';
import { compilePattern } from './compile-pattern.ts';

/** Whether a line matches a pattern somewhere, in time linear in the line. Throws an Error for a wrong pattern. */
export function compileLineTest(pattern: string): (line: Line) => boolean {
  const compiled = compilePattern(pattern);
  return (line) => compiled.test(line.text);
}
