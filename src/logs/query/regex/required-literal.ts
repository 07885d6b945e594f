import type { Needle } from '../source.ts';

/** A text that every match holds, the longest that is easy to see. */
export function requiredLiteral(_pattern: string): Needle | undefined {
  return undefined;
}
