import { levelLabel } from '../../level/level.ts';
import type { SourceBlock } from '../source.ts';
import type { LineFilterStage, Stage } from '../syntax/ast.ts';
import type { ChosenLines } from './chosen-lines.ts';
import { frontFilter, impliedFilter, selectivity } from './front-filter.ts';
import { impliedNeedles } from './implied-needles.ts';

/** The filters at the front of a pipeline, over a whole block. */
export interface BlockFilter {
  /** How many stages it stands for. */
  stageCount: number;
  /** Leaves the lines that pass among those that are chosen, and of which `isMeant` says so. */
  apply(chosen: ChosenLines, block: SourceBlock, isMeant?: (index: number) => boolean): void;
}

export function createBlockFilter(stages: readonly Stage[]): BlockFilter {
  const front = stages.findIndex(({ kind }) => kind !== 'line_filter');
  const stageCount = front < 0 ? stages.length : front;
  const filters = [
    ...stages.slice(0, stageCount).map((stage) => frontFilter(stage as LineFilterStage)),
    ...impliedNeedles(stages.slice(stageCount)).map(impliedFilter),
  ];
  // What finds the fewest lines comes first.
  const ordered = filters.toSorted((a, b) => selectivity(b) - selectivity(a));
  return {
    stageCount,
    apply(chosen, block, isMeant) {
      // To ask of each line costs more than to seek a text in templates.
      let isAsked = isMeant === undefined;
      for (const filter of ordered) {
        if (!isAsked && (block.text.compact === undefined || filter.scans === undefined || !filter.isExact)) {
          chosen.keep(isMeant!);
          isAsked = true;
        }
        if (chosen.count === 0) return;
        if (filter.impliedBy === undefined || !mayHaveLabel(block, filter.impliedBy)) chosen.apply(filter);
      }
      if (!isAsked && chosen.count > 0) chosen.keep(isMeant!);
    },
  };
}

function mayHaveLabel({ labels, metadata, detectsLevel }: SourceBlock, name: string): boolean {
  if (detectsLevel && name === levelLabel) return true;
  return Object.hasOwn(labels, name) || (metadata?.names.includes(name) ?? false);
}
