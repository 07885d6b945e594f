import { Fault } from '../../base/fault.ts';
import { limits } from '../batch/batch.ts';
import { isDamage } from './block-reader.ts';
import type { Part } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import {
  isSettled,
  isWorthwhile,
  type Merged,
  type MergeOptions,
  SMALL_BLOCKS_MIN,
  smallTextBytes,
  spanMsMax,
  sumOfText,
  withoutLargeHead,
} from './merge.ts';
import { encodeMerged, frameBytesOf, type PushedMergedHeader } from './payloads.ts';
import { formatRunParts, type PushedBlockRow, type PushedRunRow } from './pushed-table.ts';
import { recordKinds } from './record.ts';

const BLOCKS_PER_PASS = 4096;
/** Frames that are merged at a time: each is decompressed. */
export const framesPerMergeMax = 256;

/** Merges small blocks of pushed lines, once over: each stream's lines come together. Appends and reads go on meanwhile. */
export async function mergeSmallPushes(options: MergeOptions, signal: AbortSignal): Promise<void> {
  for (const blocks of options.catalogue.pushed.smallBlocks(SMALL_BLOCKS_MIN, BLOCKS_PER_PASS)) {
    for (const run of pushesToMerge(blocks.filter((block) => isSettled(options, block)))) {
      if (signal.aborted) return;
      await mergePushes(options, run, 0);
    }
  }
}

/** Which blocks of a tenant become one; as runsToMerge, but there are no positions that could lie between two of them. */
export function pushesToMerge(blocks: readonly PushedBlockRow[]): PushedBlockRow[][] {
  const runs: PushedBlockRow[][] = [];
  let run: PushedBlockRow[] = [];
  const finish = () => {
    const worthwhile = withoutLargeHead(run);
    if (worthwhile.length >= SMALL_BLOCKS_MIN || (worthwhile.length > 1 && sumOfText(worthwhile) >= smallTextBytes))
      runs.push(worthwhile);
    run = [];
  };
  let textBytes = 0;
  for (const block of blocks) {
    const aged = run[0] !== undefined && Math.abs(block.receivedMs - run[0].receivedMs) > spanMsMax;
    const full = textBytes + block.textBytes > limits.batchTextBytesMax || run.length >= framesPerMergeMax;
    if (aged || full) {
      finish();
      textBytes = 0;
    }
    run.push(block);
    textBytes += block.textBytes;
  }
  finish();
  return runs;
}

export async function mergePushes(
  options: MergeOptions,
  blocks: readonly PushedBlockRow[],
  compactShareMax: number,
): Promise<Merged> {
  const { packs, thread, committer, catalogue, merged, log } = options;
  try {
    const frames: Buffer[] = [];
    const runs: PushedRunRow[][] = [];
    for (const block of blocks) {
      const record = await packs.read(block.location);
      frames.push(frameBytesOf(record, record.kind === recordKinds.pushedMerged));
      runs.push(catalogue.pushed.runsOf(block.sequence));
    }
    const made = await thread.mergePushed(frames, positionsOf(runs), compactShareMax);
    if (!isWorthwhile(made)) return 'left';
    const { frame, count, from } = made;
    const taken = blocks.slice(0, count);
    await committer.submit({
      bytes: frame.length,
      exclusive: false,
      plan(group) {
        const header = pushedMergedHeader(catalogue, taken, runs, from);
        if (!header) return;
        const { tenant } = taken[0]!;
        group.records.push({ kind: recordKinds.pushedMerged, tenant, payload: encodeMerged(header, frame) });
        merged.add(taken.length);
      },
    });
  } catch (error) {
    // A block that cannot be read is found and counted when somebody reads it; its neighbours stay as they are.
    if (!(error instanceof Fault)) throw error;
    log.warn('pushed lines were not merged', { error: error.message });
    return isDamage(error) ? 'left' : 'failed';
  }
  return 'made';
}

export function positionsOf(runs: readonly (readonly PushedRunRow[])[]): number[][] {
  return runs.map((each) => each.map(({ position }) => position));
}

/** Undefined where one of the blocks is not what it was. `from` says which runs each new run was made of. */
export function pushedMergedHeader(
  catalogue: Catalogue,
  blocks: readonly PushedBlockRow[],
  runs: readonly (readonly PushedRunRow[])[],
  from: readonly (readonly [number, number][])[],
): PushedMergedHeader | undefined {
  const unchanged = blocks.every(({ sequence, location }, i) => {
    const now = catalogue.pushed.block(sequence);
    const same = now?.location.pack === location.pack && now.location.offset === location.offset;
    return same && catalogue.pushed.runCount(sequence) === runs[i]!.length;
  });
  if (!unchanged) return undefined;
  const sequence = Math.max(...blocks.map((block) => block.sequence));
  const parts = from.map((sources) => {
    const own = sources.flatMap(([block, position]): Part[] => {
      return runs[block]!.find((run) => run.position === position)!.parts;
    });
    return formatRunParts(own, sequence);
  });
  return {
    replaces: blocks.map((block) => block.sequence),
    parts,
    sequence,
    sequenceMin: Math.min(...blocks.map((block) => block.sequenceMin)),
    receivedMs: Math.max(...blocks.map((block) => block.receivedMs)),
  };
}
