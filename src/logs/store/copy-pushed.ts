import { messageOf } from '../../base/fault.ts';
import { release } from '../../base/release.ts';
import { isDamage } from './block-reader.ts';
import type { CleanOptions } from './clean.ts';
import { frameBytesOf } from './payloads.ts';
import type { PushedBlockRow } from './pushed-rows.ts';
import { submitBlock } from './regroup/new-block.ts';
import { rewriteRuns } from './regroup/rewrite.ts';

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
  const { pushed } = options.catalogue;
  const runs = pushed.placesOf(block);
  const plan = { sources: [{ block, runs }], removals: pushed.removals };
  const taken = runs.map((run) => ({ ...run, source: 0 }));
  const makesRoom = { ...options, makesRoom: true };
  if (runs.length === block.runCount) {
    const record = await options.packs.read(block.location);
    const frame = frameBytesOf(record);
    await submitBlock(makesRoom, plan, { taken, parts: runs.map(({ parts }) => parts), frame, isCopy: true });
    release(record.payload);
    return;
  }
  const form = block.compact ? 'compact' : 'plain';
  const { isCut } = await rewriteRuns({ ...makesRoom, form, pace: async () => {} }, plan, [taken], signal);
  if (isCut) await options.giveUpPushed(block, 'it cannot be taken apart');
}
