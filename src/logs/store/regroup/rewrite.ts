import { Fault, messageOf } from '../../../base/fault.ts';
import { isDamage } from '../block-reader.ts';
import type { Part } from '../block-table.ts';
import type { MergeOptions } from '../merge.ts';
import { type Regrouping, UnreadableSource } from '../merge-thread.ts';
import { encodeMerged, frameBytesOf, type PushedRegroupedHeader } from '../payloads.ts';
import { formatRunParts, type PushedBlockRow } from '../pushed-rows.ts';
import { recordKinds } from '../record.ts';
import { NOWHERE } from './line-pieces.ts';
import type { PlannedRun, Source, Target } from './plan-targets.ts';

/** Text that is read and taken apart at a time. */
const textPerTakeMax = 16 * 1024 * 1024;
/** Blocks that are read at a time. */
const blocksPerTakeMax = 256;

export interface RewriteOptions extends Pick<MergeOptions, 'packs' | 'thread' | 'committer' | 'catalogue' | 'log'> {
  /** As StoredText: 0 makes plain blocks. */
  compactShareMax: number;
  /** Waits until as much work is due again as was just done. */
  pace: (workMs: number) => Promise<void>;
  /** A copy that cleaning makes, which may use what is kept in reserve. */
  makesRoom?: boolean;
}

export interface Rewritten {
  made: number;
  /** Blocks that are gone: all their lines are in others. */
  emptied: number;
  /** Blocks of which nothing, or less than planned, could be taken: because they cannot be read, or are as small as they can be. */
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
  sources: readonly Source[],
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Rewritten> {
  const outcome: Rewritten = { made: 0, emptied: 0, declined: [], isCut: false };
  const { thread, compactShareMax, log, pace } = options;
  const streams = targets.map((runs) => ({ streams: Int32Array.from(runs, ({ stream }) => stream) }));
  const left = sources.map(({ runs }) => runs.length);
  const regrouping = await thread.regroup(streams, compactShareMax);
  try {
    const unreadable = await takeAll(options, regrouping, sources, targets, signal);
    if (unreadable) return { ...outcome, declined: [unreadable.block], isCut: true };
    for (let target = 0; target < targets.length && !signal.aborted; target++) {
      const begun = performance.now();
      const made = await makeTarget(options, regrouping, sources, { number: target, runs: targets[target]! }, outcome);
      for (const { source } of made) if (--left[source]! === 0) outcome.emptied++;
      await pace(performance.now() - begun);
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.warn('pushed lines were not merged', { error: error.message });
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
  sources: readonly Source[],
  { number, runs }: { number: number; runs: Target },
  outcome: Rewritten,
): Promise<PlannedRun[]> {
  const moved: PlannedRun[] = [];
  const decline = (own: readonly PlannedRun[]) =>
    outcome.declined.push(...new Set(own.map(({ source }) => sources[source]!.block)));
  const frames = await regrouping.make(number).catch((error) => {
    if (!isDamage(error)) throw error;
    options.log.warn('pushed lines were not merged', { error: messageOf(error) });
    decline(runs);
    return [];
  });
  let from = 0;
  for (const { frame, runCount } of frames) {
    const taken = runs.slice(from, (from += runCount));
    if (!frame) decline(taken);
    else if (await submitBlock(options, sources, { taken, parts: partsByStream(taken), frame })) {
      outcome.made++;
      moved.push(...taken);
    }
  }
  return moved;
}

interface MadeBlock {
  taken: readonly PlannedRun[];
  /** Of each run of the frame. */
  parts: readonly (readonly Part[])[];
  frame: Buffer;
}

/** False where some of the lines have gone meanwhile. */
export async function submitBlock(
  { committer, catalogue, makesRoom = false }: Pick<RewriteOptions, 'committer' | 'catalogue' | 'makesRoom'>,
  sources: readonly Source[],
  { taken, parts, frame }: MadeBlock,
): Promise<boolean> {
  let isMade = false;
  await committer.submit({
    ...{ bytes: frame.length, exclusive: makesRoom, makesRoom },
    plan(group) {
      isMade = taken.every(({ source, position }) =>
        catalogue.pushed.hasRun(sources[source]!.block.sequence, position),
      );
      if (!isMade) return;
      const { tenant } = sources[taken[0]!.source]!.block;
      const payload = encodeMerged(headerOf(sources, taken, parts), frame);
      group.records.push({ kind: recordKinds.pushedRegrouped, tenant, payload });
    },
  });
  return isMade;
}

/** Of a block that the runs make in this order. They are there, so where they are as many as the source had at first, they are all it has. */
function headerOf(
  sources: readonly Source[],
  taken: readonly PlannedRun[],
  parts: readonly (readonly Part[])[],
): PushedRegroupedHeader {
  const positions = new Map<Source, number[]>();
  for (const { source, position } of taken) {
    const own = positions.get(sources[source]!);
    if (own) own.push(position);
    else positions.set(sources[source]!, [position]);
  }
  const used = [...positions.keys()].sort((a, b) => a.block.sequence - b.block.sequence);
  const blocks = used.map(({ block }) => block);
  const sequenceMax = max(taken.map(({ parts }) => max(parts.map(({ sequence }) => sequence))));
  return {
    blocks: blocks.map(({ sequence }, i) => sequence - (blocks[i - 1]?.sequence ?? 0)),
    runs: used.map((source) => (positions.get(source)!.length === source.runs.length ? null : positions.get(source)!)),
    parts: parts.map((own) => formatRunParts(own, sequenceMax)),
    sequenceMin: -max(taken.map(({ parts }) => max(parts.map(({ sequence }) => -sequence)))),
    sequenceMax,
    receivedMs: max(blocks.map(({ receivedMs }) => receivedMs)),
    receivedMinMs: -max(blocks.map(({ receivedMinMs }) => -receivedMinMs)),
  };
}

/** Runs of one stream lie together and become one. */
function partsByStream(taken: readonly PlannedRun[]): Part[][] {
  const all: Part[][] = [];
  for (const [i, { stream, parts }] of taken.entries()) {
    if (stream === taken[i - 1]?.stream) all.at(-1)!.push(...parts);
    else all.push([...parts]);
  }
  return all;
}

function max(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY);
}
