import { limits } from '../batch/batch.ts';
import { type CompactOptions, dueTest, dueTexts, rewritten } from './compact.ts';
import { isSettled, spanMsMax } from './merge.ts';
import { framesPerMergeMax, mergePushes } from './merge-pushed.ts';
import type { PushedBlockRow } from './pushed-table.ts';

const BLOCKS_PER_PAGE = 4096;

/** Rewrites plain blocks of pushed lines into compact ones: as compactBlocks. */
export async function compactPushes(options: CompactOptions, now: boolean, signal: AbortSignal): Promise<number> {
  const { catalogue, declined, rules } = options;
  let made = 0;
  for (const tenant of catalogue.pushed.plainTenants(...dueTexts(options, now))) {
    for (let last = -1, page: PushedBlockRow[] | undefined; !page || page.length === BLOCKS_PER_PAGE; ) {
      page = catalogue.pushed.plainOf(tenant, last, BLOCKS_PER_PAGE);
      last = page.at(-1)?.sequence ?? last;
      const blocks = page.filter((block) => !declined.has(block.sequence) && (now || isSettled(options, block)));
      for (const run of pushesToCompact(blocks, dueTest(options, now))) {
        if (signal.aborted) return made;
        if (await rewritten(options, run, () => mergePushes(options, run, rules.shareMax))) made++;
      }
    }
  }
  return made;
}

export function pushesToCompact(
  blocks: readonly PushedBlockRow[],
  isDue: ReturnType<typeof dueTest>,
): PushedBlockRow[][] {
  const runs: PushedBlockRow[][] = [];
  let run: PushedBlockRow[] = [];
  let textBytes = 0;
  const finish = (isFull: boolean) => {
    if (isDue(run, isFull)) runs.push(run);
    run = [];
    textBytes = 0;
  };
  for (const block of blocks) {
    const aged = run[0] !== undefined && Math.abs(block.receivedMs - run[0].receivedMs) > spanMsMax;
    const full = textBytes + block.textBytes > limits.compactTextBytesMax || run.length >= framesPerMergeMax;
    if (aged || full) finish(full);
    run.push(block);
    textBytes += block.textBytes;
  }
  finish(false);
  return runs;
}
