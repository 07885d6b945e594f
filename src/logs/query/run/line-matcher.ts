import type { SourceBlock } from '../source.ts';
import type { Stage } from '../syntax/ast.ts';
import { allAtOnce, createLineSelector } from './line-selector.ts';

/** Marks the lines of a block with 1 that come through. */
export type LineMatcher = (block: SourceBlock) => Uint8Array;

const allTimes = { sinceNs: -(2n ** 63n), untilNs: 2n ** 63n - 1n };

/** Tells which lines come through the stages of a log query, whenever they were written. */
export function createLineMatcher(stages: readonly Stage[]): LineMatcher {
  const plan = {
    kind: 'lines',
    stages: [...stages],
    needed: null,
    ...allTimes,
    direction: 'forward',
    limit: 1,
  } as const;
  const select = createLineSelector(plan, () => {});
  return (block) => {
    const marks = new Uint8Array(block.lineCount);
    select.each(block, allAtOnce, (_, index) => {
      marks[index] = 1;
      return true;
    });
    return marks;
  };
}
