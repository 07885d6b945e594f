import { RE2JS } from 're2js';
import { compilePattern } from '../regex/compile-pattern.ts';
import type { Matcher } from '../syntax/ast.ts';

/** Values whose result a matcher remembers; when it is full it starts anew. */
const rememberedMax = 10_000;

/** A test of a label's value; the pattern must match all of it, and `.` matches newlines. Throws an Error for a wrong pattern. */
export function compileMatcher({ op, value }: Pick<Matcher, 'op' | 'value'>): (text: string) => boolean {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const matches = compileAnchored(value);
  return op === '=~' ? matches : (text) => !matches(text);
}

function compileAnchored(pattern: string): (text: string) => boolean {
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (text) => text !== '';
  if (/^[\w\-:/ |]*$/.test(pattern)) {
    const alternatives = new Set(pattern.split('|'));
    return (text) => alternatives.has(text);
  }
  const compiled = compilePattern(pattern, RE2JS.DOTALL);
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
