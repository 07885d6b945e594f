import { levelOfLine } from '../../level/level.ts';
import { compileStage } from '../pipeline/compile-stages.ts';
import { Line } from '../pipeline/line.ts';
import { LineLabels } from '../pipeline/line-labels.ts';
import type { StageRun } from '../pipeline/stage.ts';
import type { BlockPlan } from '../plan/plan.ts';
import type { SourceBlock } from '../source.ts';
import type { Stage } from '../syntax/ast.ts';
import { createBlockFilter } from './block-filter.ts';
import { ChosenLines } from './chosen-lines.ts';
import { HeldLines } from './held-lines.ts';
import { relativeTimes } from './relative-times.ts';

/** Lines, and stages of one line, between two looks at whether to stop: a hostile stage takes tens of milliseconds for a long line. */
const linesPerLook = 16;
const stagesPerLook = 16;

export interface SelectOrder {
  direction: 'forward' | 'backward';
  /** How many of the lines that are chosen are put together at a time, where the first ones may be enough; asked where there are any. */
  linesAtOnce(chosen: Uint32Array): number;
}

/** Says whether to go on. */
type Found = (line: Line, index: number) => boolean;

/**
 * Hands out the lines of a block that came through all stages; `found` says whether to go on. Returns how many lines within the time
 * asked for it looked at.
 */
export interface LineSelector {
  /** Those behind the filters over the block. */
  stages: readonly Stage[];
  each(block: SourceBlock, order: SelectOrder, found: Found): number;
  /** The lines' indexes after the filters over the block, whatever stages follow. */
  front(block: SourceBlock): Uint32Array;
  /** As `each`, of lines that came through those filters. */
  eachOf(block: SourceBlock, indexes: Uint32Array, found: Found): void;
  /** The lines' indexes alone, where filters over the block are all that there is; the labels are then those of the stream. */
  indexes?(block: SourceBlock): Uint32Array;
  /** How many that are. */
  count?(block: SourceBlock): number;
}

export const allAtOnce: SelectOrder = { direction: 'forward', linesAtOnce: () => Number.POSITIVE_INFINITY };

/** Compiles the stages of a plan. Filters at the front run over the whole block, the others line by line. */
export function createLineSelector(plan: BlockPlan, checkStop: () => void): LineSelector {
  const wanted = {
    names: plan.needed === null ? null : new Set(plan.needed),
    preserveErrors: plan.kind === 'samples' && plan.preserveErrors,
  };
  const filter = createBlockFilter(plan.stages);
  const readsTime = plan.stages.some(({ kind }) => kind === 'line_format' || kind === 'label_format');
  const stages = plan.stages.slice(filter.stageCount).map((stage) => compileStage(stage, wanted));
  // Lines that are counted need no more than their labels, once the filters at the front have decided.
  const needsText =
    stages.length > 0 || plan.kind === 'lines' || plan.sampleKind === 'bytes' || plan.unwrap !== undefined;
  const choose = (block: SourceBlock, held: HeldLines): ChosenLines => {
    const chosen = new ChosenLines(block, held, checkStop);
    filter.apply(chosen, block, withinTime(block, plan) ? undefined : counts(block, plan));
    return chosen;
  };
  const chosenOf = (block: SourceBlock) => choose(block, new HeldLines(block, new Line(new LineLabels(block.labels))));
  const front = (block: SourceBlock) => chosenOf(block).indexes();
  const count = (block: SourceBlock) => chosenOf(block).count;
  const walk = (block: SourceBlock, { direction, linesAtOnce }: SelectOrder, found: Found, only?: Uint32Array) => {
    const labels = new LineLabels(block.labels, block.detectsLevel && (() => levelOfLine(line.storedLatin1())));
    const line: Line = new Line(labels);
    const held = new HeldLines(block, line);
    const chosen = only ?? choose(block, held).indexes();
    if (chosen.length === 0) return 0;
    const atOnce = linesAtOnce(chosen);
    if (direction === 'backward') chosen.reverse();
    const metadata = metadataOf(block, labels);
    const times = readsTime && chosen.length > 0 ? block.times() : undefined;
    for (let at = 0; at < chosen.length; at++) {
      if (at % linesPerLook === 0) checkStop();
      const index = chosen[at]!;
      if (needsText || block.detectsLevel) {
        if (!held.holds(index)) held.hold(chosen.subarray(at, at + atOnce));
        held.turnTo(index);
      }
      labels.reset(metadata?.(index));
      if (times !== undefined) line.timeNs = times[index]!;
      if (passes(stages, line, checkStop) && !found(line, index)) return at + 1;
    }
    return chosen.length;
  };
  const selector: LineSelector = {
    stages: plan.stages.slice(filter.stageCount),
    each: walk,
    front,
    eachOf: (block, indexes, found) => void walk(block, allAtOnce, found, indexes),
  };
  return stages.length === 0 ? { ...selector, indexes: front, count } : selector;
}

/** Whether every line of a block counts. */
function withinTime({ timeMin, timeMax, only }: SourceBlock, { sinceNs, untilNs }: BlockPlan): boolean {
  return only === undefined && timeMin >= sinceNs && timeMax < untilNs;
}

function counts(block: SourceBlock, { sinceNs, untilNs }: BlockPlan): (index: number) => boolean {
  const isOfStream = ofStream(block);
  if (block.timeMin >= sinceNs && block.timeMax < untilNs) return isOfStream;
  let sinceStart: ((index: number) => number) | undefined;
  let sinceEnd: ((index: number) => number) | undefined;
  return (index) => {
    if (!isOfStream(index)) return false;
    sinceStart ??= relativeTimes(block.times(), sinceNs);
    sinceEnd ??= relativeTimes(block.times(), untilNs);
    return sinceStart(index) >= 0 && sinceEnd(index) < 0;
  };
}

function ofStream({ only }: SourceBlock): (index: number) => boolean {
  if (only === undefined) return () => true;
  const { flags, mask, bits } = only;
  return (index) => (flags[index]! & mask) === bits;
}

function passes(stages: readonly StageRun[], line: Line, checkStop: () => void): boolean {
  for (let at = 0; at < stages.length; at++) {
    if (!stages[at]!(line)) return false;
    if (at % stagesPerLook === stagesPerLook - 1) checkStop();
  }
  return true;
}

function metadataOf({ metadata }: SourceBlock, labels: LineLabels) {
  if (metadata === undefined) return undefined;
  const { sets, of } = metadata.get();
  // A frame of many streams has the sets of all of them.
  const known: ReturnType<LineLabels['metadataMap']>[] = [];
  return (index: number) => (known[of[index]!] ??= labels.metadataMap(sets[of[index]!]!));
}
