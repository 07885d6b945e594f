import { messageOf } from '../../base/fault.ts';
import { isDamage } from './block-reader.ts';
import type { CleanOptions } from './clean.ts';
import { frameBytesOf } from './payloads.ts';
import type { PushedBlockRow } from './pushed-rows.ts';
import { rewriteRuns, submitBlock } from './regroup/rewrite.ts';

/** Copies the pushed lines that live in a pack to the newest one. Lines that were deleted, or lie elsewhere by now, are left out. */
export async function copyPushed(options: CleanOptions, pack: number, signal: AbortSignal): Promise<void> {
  for (const block of options.catalogue.pushed.inPack(pack)) {
    if (signal.aborted) return;
    try {
      await copyBlock(options, block, signal);
    } catch (error) {
      if (!isDamage(error)) throw error;
      await options.giveUpPushed(block, messageOf(error));
    }
  }
}

async function copyBlock(options: CleanOptions, block: PushedBlockRow, signal: AbortSignal): Promise<void> {
  const runs = options.catalogue.pushed.placesOf(block);
  const sources = [{ block, runs }];
  const all = runs.map((run) => ({ ...run, source: 0 }));
  const makesRoom = { ...options, makesRoom: true };
  if (runs.length === block.runCount) {
    const record = await options.packs.read(block.location);
    await submitBlock(makesRoom, sources, {
      taken: all,
      parts: runs.map(({ parts }) => parts),
      frame: frameBytesOf(record),
    });
    return;
  }
  const compactShareMax = block.compact ? 1 : 0;
  const rewrite = { ...makesRoom, compactShareMax, pace: async () => {} };
  const { isCut } = await rewriteRuns(rewrite, sources, [all], signal);
  if (isCut) await options.giveUpPushed(block, 'it cannot be taken apart');
}
