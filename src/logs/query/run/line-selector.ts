import { isAscii } from 'node:buffer';
import { levelOfLine } from '../../level/level.ts';
import { compileStage } from '../pipeline/compile-stages.ts';
import { Line } from '../pipeline/line.ts';
import { LineLabels } from '../pipeline/line-labels.ts';
import type { StageRun } from '../pipeline/stage.ts';
import type { BlockPlan } from '../plan/plan.ts';
import type { LabelRecord, SourceBlock } from '../source.ts';
import { createBlockFilter } from './block-filter.ts';

/** Lines between two looks at whether to stop. */
const linesPerLook = 1024;

/**
 * Hands out the lines of a block that came through all stages; `found` says whether to go on. Returns how many lines within the time
 * asked for it looked at.
 */
export interface LineSelector {
  each(block: SourceBlock, order: 'forward' | 'backward', found: (line: Line, index: number) => boolean): number;
  /** The lines' indexes alone, where filters over the block are all that there is; the labels are then those of the stream. */
  indexes?(block: SourceBlock): Uint32Array;
}

/** Compiles the stages of a plan. Filters at the front run over the whole block, the others line by line. */
export function createLineSelector(plan: BlockPlan, checkStop: () => void): LineSelector {
  const wanted = {
    names: plan.needed === null ? null : new Set(plan.needed),
    preserveErrors: plan.kind === 'samples' && plan.preserveErrors,
  };
  const filter = createBlockFilter(plan.stages);
  const readsTime = plan.stages.some(({ kind }) => kind === 'line_format' || kind === 'label_format');
  const stages = plan.stages.slice(filter.stageCount).map((stage) => compileStage(stage, wanted));
  const indexes = (block: SourceBlock) => {
    const chosen = filter.choose(block, openLine(block).line, checkStop);
    return withinTime(block, plan) ? chosen : chosen.filter(counts(block, plan));
  };
  const each: LineSelector['each'] = (block, order, found) => {
    const { line, metadata } = openLine(block);
    const chosen = filter.choose(block, line, checkStop);
    if (chosen.length === 0) return 0;
    const { starts, times } = block;
    const isCounted = withinTime(block, plan) ? undefined : counts(block, plan);
    const step = order === 'forward' ? 1 : -1;
    let counted = 0;
    for (let at = order === 'forward' ? 0 : chosen.length - 1; at >= 0 && at < chosen.length; at += step) {
      if (at % linesPerLook === 0) checkStop();
      const index = chosen[at]!;
      if (isCounted !== undefined && !isCounted(index)) continue;
      counted++;
      line.reset(starts[index]!, starts[index + 1]! - 1);
      line.labels.reset(metadata?.(index));
      if (readsTime) line.timeNs = times[index]!;
      if (passes(stages, line) && !found(line, index)) break;
    }
    return counted;
  };
  return stages.length === 0 ? { each, indexes } : { each };
}

/** Whether every line of a block counts. */
function withinTime({ timeMin, timeMax, only }: SourceBlock, { sinceNs, untilNs }: BlockPlan): boolean {
  return only === undefined && timeMin >= sinceNs && timeMax < untilNs;
}

function counts({ times, only }: SourceBlock, { sinceNs, untilNs }: BlockPlan): (index: number) => boolean {
  return (index) => only?.[index] !== 0 && times[index]! >= sinceNs && times[index]! < untilNs;
}

function passes(stages: readonly StageRun[], line: Line): boolean {
  for (let at = 0; at < stages.length; at++) if (!stages[at]!(line)) return false;
  return true;
}

function openLine(block: SourceBlock): { line: Line; metadata?: (index: number) => ReadonlyMap<string, string> } {
  const { text, metadata, detectsLevel } = block;
  const labels = new LineLabels(block.labels, detectsLevel && (() => levelOfLine(line.storedLatin1())));
  let asText: string | undefined;
  const line: Line = new Line(labels, text, isAscii(text) ? () => (asText ??= text.toString('latin1')) : undefined);
  if (metadata === undefined) return { line };
  const sets = metadata.sets.map((set: LabelRecord) => labels.metadataMap(set));
  return { line, metadata: (index) => sets[metadata.of[index]!]! };
}
