import type { Needle } from '../source.ts';
import type { Stage } from '../syntax/ast.ts';
import { filterNeedles } from './filter-needles.ts';

/** A block is asked for no more needles than this. */
const needlesMax = 16;

/** What every line must hold to come through. */
export function neededText(stages: readonly Stage[]): Needle[] {
  const needed = filterNeedles(stages).filter(({ isNegative, terms }) => !isNegative && terms.length === 1);
  return needed.flatMap(({ terms }) => terms.flat()).slice(0, needlesMax);
}
