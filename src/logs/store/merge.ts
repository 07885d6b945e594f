import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { Counter, LogFields, Logger } from '../../telemetry/telemetry.ts';
import { limits } from '../batch/batch.ts';
import { isDamage } from './block-reader.ts';
import { type BlockRow, formatParts } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committer } from './committer.ts';
import { Coverage } from './coverage.ts';
import type { MergedFrame } from './merge-frames.ts';
import type { MergeThread } from './merge-thread.ts';
import type { Packs } from './packs.ts';
import { encodeMerged, frameBytesOf, type MergedHeader } from './payloads.ts';
import { recordKinds } from './record.ts';

/**
 * A block of so much text is left alone until it becomes compact (compact.ts): what an agent cuts while it catches up is larger. The
 * index `blocks_small` has the same number.
 */
export const smallTextBytes = 256 * 1024;
/** A segment is looked at when it has so many small blocks. */
export const SMALL_BLOCKS_MIN = 8;
const SEGMENTS_PER_PASS = 64;
/** Retention drops whole blocks, so what is far apart in age stays apart. */
export const spanMsMax = 24 * 3600 * 1000;
/** Merging keeps behind followers for so long: what they have yet to read stays as it was appended. */
const followerLagMsMax = 10 * 60_000;

export interface MergeOptions {
  catalogue: Catalogue;
  packs: Packs;
  committer: Committer;
  thread: MergeThread;
  followers: ReadonlySet<{ sequence: number }>;
  clock: Clock;
  log: Logger;
  merged: Counter;
}

/** Merges small blocks, once over. Appends and reads go on meanwhile. */
export async function mergeSmallBlocks(options: MergeOptions, signal: AbortSignal): Promise<void> {
  const { catalogue } = options;
  for (const { instance, segment } of catalogue.blocks.smallRuns(SMALL_BLOCKS_MIN, SEGMENTS_PER_PASS)) {
    const coverage = catalogue.segments.coverage(instance, segment) ?? Coverage.empty();
    const blocks = catalogue.blocks.ofSegment(instance, segment).filter((block) => isSettled(options, block));
    for (const run of runsToMerge(blocks, coverage)) {
      if (signal.aborted) return;
      await mergeRun(options, run, 0);
    }
  }
}

export function isSettled(
  { followers, clock }: MergeOptions,
  block: { sequence: number; receivedMs: number },
): boolean {
  if (clock.nowMs() - block.receivedMs > followerLagMsMax) return true;
  for (const { sequence } of followers) if (sequence < block.sequence) return false;
  return true;
}

/**
 * Which neighbours become one. Only where everything between them is covered: a line that comes later can then not belong
 * between two of theirs. A block is merged again only into one half as large again, so each line is rewritten a few times at most.
 */
export function runsToMerge(blocks: readonly BlockRow[], coverage: Coverage): BlockRow[][] {
  const runs: BlockRow[][] = [];
  let run: BlockRow[] = [];
  let textBytes = 0;
  const finish = () => {
    const worthwhile = withoutLargeHead(run);
    const total = sumOfText(worthwhile);
    if (worthwhile.length >= SMALL_BLOCKS_MIN || (worthwhile.length > 1 && total >= smallTextBytes))
      runs.push(worthwhile);
    run = [];
    textBytes = 0;
  };
  for (const block of blocks) {
    const last = run.at(-1);
    const small = block.textBytes < smallTextBytes && !block.compact;
    const adjacent = last === undefined || coverage.contains(last.offsetLast, block.offset + 1);
    const aged = run[0] !== undefined && Math.abs(block.receivedMs - run[0].receivedMs) > spanMsMax;
    if (!small || !adjacent || aged || textBytes + block.textBytes > limits.batchTextBytesMax) finish();
    if (!small) continue;
    run.push(block);
    textBytes += block.textBytes;
  }
  finish();
  return runs;
}

export function withoutLargeHead<B extends { textBytes: number }>(run: B[]): B[] {
  let rest = run;
  while (rest.length > 1 && rest[0]!.textBytes > 2 * (sumOfText(rest) - rest[0]!.textBytes)) rest = rest.slice(1);
  return rest;
}

export function sumOfText(blocks: readonly { textBytes: number }[]): number {
  return blocks.reduce((sum, block) => sum + block.textBytes, 0);
}

/** `made`: a block takes their place, or that of the first of them. `left`: they gain nothing by it. `failed`: not this time. */
export type Merged = 'made' | 'left' | 'failed';

export async function mergeRun(
  options: MergeOptions,
  run: readonly BlockRow[],
  compactShareMax: number,
): Promise<Merged> {
  const { packs, thread, committer, catalogue, merged } = options;
  try {
    const frames: Buffer[] = [];
    for (const block of run) {
      const record = await packs.read(block.location);
      frames.push(frameBytesOf(record));
    }
    const made = await thread.merge(frames, compactShareMax);
    if (!isWorthwhile(made)) return 'left';
    const { frame, count } = made;
    const taken = run.slice(0, count);
    await committer.submit({
      bytes: frame.length,
      exclusive: false,
      plan(group) {
        const header = mergedHeader(catalogue, taken);
        if (!header) return;
        group.records.push({ kind: recordKinds.merged, tenant: header.tenant, payload: encodeMerged(header, frame) });
        merged.add(taken.length);
      },
    });
  } catch (error) {
    // A block that cannot be read is found and counted when somebody reads it; its neighbours stay as they are.
    if (!(error instanceof Fault)) throw error;
    tellNotMerged(options, 'blocks', error, { segment: run[0]!.segment });
    return isDamage(error) ? 'left' : 'failed';
  }
  return 'made';
}

/** Not where the store is closing: then nothing is wrong, and they are merged after the next start. */
export function tellNotMerged(
  { committer, log }: Pick<MergeOptions, 'committer' | 'log'>,
  what: string,
  error: Error,
  fields: LogFields = {},
): void {
  if (!committer.isClosed) log.warn(`${what} were not merged`, { error: error.message, ...fields });
}

/** One block is rewritten only where it becomes compact by that. */
export function isWorthwhile({ count, compact }: MergedFrame): boolean {
  return count > 1 || (count === 1 && compact);
}

/** Undefined where one of the blocks is not what it was: deleted, or part of another instance. */
export function mergedHeader(
  catalogue: Catalogue,
  blocks: readonly BlockRow[],
): (MergedHeader & { tenant: string }) | undefined {
  const first = blocks[0]!;
  const instance = catalogue.instances.byRow(first.instance);
  const unchanged = blocks.every((block) => {
    const now = catalogue.blocks.get(block.sequence);
    return now?.instance === block.instance && sameLocation(now, block);
  });
  if (!instance || instance.deleted || !unchanged) return undefined;
  return {
    tenant: instance.tenant,
    instance: instance.id,
    segment: first.segment,
    replaces: blocks.map((block) => block.sequence),
    parts: formatParts(blocks.flatMap((block) => block.parts)),
    offset: first.offset,
    offsetLast: blocks.at(-1)!.offsetLast,
    sequence: Math.max(...blocks.map((block) => block.sequence)),
    sequenceMin: Math.min(...blocks.map((block) => block.sequenceMin)),
    receivedMs: Math.max(...blocks.map((block) => block.receivedMs)),
  };
}

function sameLocation(a: BlockRow, b: BlockRow): boolean {
  return a.location.pack === b.location.pack && a.location.offset === b.location.offset;
}
