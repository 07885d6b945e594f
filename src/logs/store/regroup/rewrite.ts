import { Fault, messageOf } from '../../../base/fault.ts';
import { release } from '../../../base/release.ts';
import type { TextForm } from '../../batch/batch.ts';
import { isDamage } from '../block-reader.ts';
import { type MergeOptions, tellNotMerged } from '../merge.ts';
import { type Regrouping, UnreadableSource } from '../merge-thread.ts';
import { frameBytesOf } from '../payloads.ts';
import type { PushedBlockRow } from '../pushed-rows.ts';
import { NOWHERE } from './line-pieces.ts';
import { type MovePlan, madeBlock, submitBlock } from './new-block.ts';
import type { PlannedRun, Source, Target } from './plan-targets.ts';

/** Text that is read and taken apart at a time. */
const textPerTakeMax = 8 * 1024 * 1024;
/** Blocks that are read at a time. */
const blocksPerTakeMax = 256;

export interface RewriteOptions extends Pick<MergeOptions, 'packs' | 'thread' | 'committer' | 'catalogue' | 'log'> {
  /** Of the new blocks. */
  form: TextForm;
  /** Waits until as much work is due again as was just done. */
  pace: (workMs: number) => Promise<void>;
  /** A copy that cleaning makes, which may use what is kept in reserve. */
  makesRoom?: boolean;
}

export interface Rewritten {
  made: number;
  /** Blocks that are gone: all their lines are in others. */
  emptied: number;
  /** Blocks of which nothing, or less than planned, could be taken. */
  declined: PushedBlockRow[];
  /** The others are as they were: it is worth trying again without the one that was declined. */
  isCut: boolean;
}

/**
 * Puts runs of pushed lines into other blocks. Each new block is one record, which takes its runs from where they were: whatever happens
 * between two of them, every line is in one place. Runs that went meanwhile keep their block from being made.
 */
export async function rewriteRuns(
  options: RewriteOptions,
  plan: MovePlan,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Rewritten> {
  const { sources } = plan;
  const outcome: Rewritten = { made: 0, emptied: 0, declined: [], isCut: false };
  const { thread, form, pace } = options;
  const streams = targets.map((runs) => ({ streams: Int32Array.from(runs, ({ stream }) => stream) }));
  const left = sources.map(({ runs }) => runs.length);
  const regrouping = await thread.regroup(streams, form);
  try {
    const unreadable = await takeAll(options, regrouping, sources, targets, signal);
    if (unreadable) return { ...outcome, declined: [unreadable.block], isCut: true };
    for (let target = 0; target < targets.length && !signal.aborted; target++) {
      const begun = performance.now();
      const made = await makeTarget(options, regrouping, plan, { number: target, runs: targets[target]! }, outcome);
      for (const { source } of made) if (--left[source]! === 0) outcome.emptied++;
      await pace(performance.now() - begun);
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    tellNotMerged(options, 'pushed lines', error);
  } finally {
    await regrouping.end().catch(() => {});
  }
  return outcome;
}

/** Gives the source that cannot be read, if there is one: it is found and counted when somebody reads it. */
async function takeAll(
  options: RewriteOptions,
  regrouping: Regrouping,
  sources: readonly Source[],
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Source | undefined> {
  const places = placesOf(sources, targets);
  for (let first = 0; first < sources.length && !signal.aborted; ) {
    const begun = performance.now();
    const frames: Buffer[] = [];
    let [next, textBytes] = [first, 0];
    while (next < sources.length && textBytes < textPerTakeMax && frames.length < blocksPerTakeMax) {
      const source = sources[next]!;
      const frame = await frameOf(options, source);
      if (!frame) return source;
      frames.push(frame);
      textBytes += source.block.textBytes;
      next++;
    }
    try {
      await regrouping.take(frames, places.slice(first, next));
    } catch (error) {
      if (!(error instanceof UnreadableSource)) throw error;
      options.log.warn('a block of pushed lines cannot be merged', { error: error.message });
      return sources[first + error.frame];
    }
    first = next;
    await options.pace(performance.now() - begun);
  }
  return undefined;
}

async function frameOf({ packs, log }: RewriteOptions, { block }: Source): Promise<Buffer | undefined> {
  try {
    return frameBytesOf(await packs.read(block.location));
  } catch (error) {
    if (!isDamage(error)) throw error;
    log.warn('a block of pushed lines cannot be merged', { ...block.location, error: messageOf(error) });
    return undefined;
  }
}

/** Of each source, where each run of its frame goes: target and position there, in turn. */
function placesOf(sources: readonly Source[], targets: readonly Target[]): Int32Array[] {
  const places = sources.map(({ block }) => new Int32Array(2 * block.runCount).fill(NOWHERE));
  for (const [target, runs] of targets.entries()) {
    for (const [at, { source, position }] of runs.entries()) places[source]!.set([target, at], 2 * position);
  }
  return places;
}

/** Gives the runs that are in another block now. */
async function makeTarget(
  options: RewriteOptions,
  regrouping: Regrouping,
  plan: MovePlan,
  { number, runs }: { number: number; runs: Target },
  outcome: Rewritten,
): Promise<PlannedRun[]> {
  const moved: PlannedRun[] = [];
  const frames = await regrouping.make(number).catch((error) => {
    if (!isDamage(error)) throw error;
    options.log.warn('pushed lines were not merged', { error: messageOf(error) });
    outcome.declined.push(...new Set(runs.map(({ source }) => plan.sources[source]!.block)));
    return [];
  });
  let from = 0;
  for (const { frame, runCount, times } of frames) {
    const taken = runs.slice(from, (from += runCount));
    if (await submitBlock(options, plan, madeBlock(plan, taken, frame, times))) {
      outcome.made++;
      moved.push(...taken);
    }
    release(frame);
  }
  return moved;
}
