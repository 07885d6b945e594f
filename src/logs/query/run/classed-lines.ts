import type { CompactText, HolesThatDecide } from '../../block/block.ts';
import type { Line } from '../pipeline/line.ts';
import type { SourceBlock } from '../source.ts';
import type { LineSelector } from './line-selector.ts';

/** What becomes of lines: those of a class have one outcome. */
export interface ClassedLines<Outcome> {
  /** The class of each line. */
  of: Uint32Array;
  /** By class; missing where the lines are left out. */
  outcomes: (Outcome | undefined)[];
}

/** Runs the pipeline over the first line of each class; a line in none is a class of its own. */
export function classedLines<Outcome>(
  block: SourceBlock,
  compact: CompactText,
  lines: Uint32Array,
  decide: HolesThatDecide,
  select: LineSelector,
  outcomeOf: (line: Line, index: number) => Outcome | undefined,
): ClassedLines<Outcome> {
  const { of, count } = compact.classes(lines, decide);
  let classes = count;
  for (let at = 0; at < of.length; at++) if (of[at] === 0) of[at] = classes++;
  const isSeen = new Uint8Array(classes);
  const first = lines.filter((_, at) => {
    const isFirst = isSeen[of[at]!] === 0;
    isSeen[of[at]!] = 1;
    return isFirst;
  });
  const outcomes: (Outcome | undefined)[] = new Array(classes);
  let at = 0;
  select.eachOf(block, first, (line, index) => {
    while (lines[at] !== index) at++;
    outcomes[of[at]!] = outcomeOf(line, index);
    return true;
  });
  return { of, outcomes };
}
