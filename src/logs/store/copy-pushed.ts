import { messageOf } from '../../base/fault.ts';
import { isDamage } from './block-reader.ts';
import type { CleanOptions } from './clean.ts';
import { positionsOf, pushedMergedHeader } from './merge-pushed.ts';
import { encodeMerged, frameBytesOf } from './payloads.ts';
import type { PushedBlockRow } from './pushed-table.ts';
import { recordKinds } from './record.ts';

/** Copies the pushed lines that live in a pack to the newest one. Lines that were deleted are left out. */
export async function copyPushed(options: CleanOptions, pack: number, signal: AbortSignal): Promise<void> {
  for (const block of options.catalogue.pushed.inPack(pack)) {
    if (signal.aborted) return;
    try {
      await copyBlock(options, block);
    } catch (error) {
      if (!isDamage(error)) throw error;
      await options.giveUpPushed(block, messageOf(error));
    }
  }
}

async function copyBlock({ catalogue, packs, thread, committer }: CleanOptions, block: PushedBlockRow): Promise<void> {
  const record = await packs.read(block.location);
  const bytes = frameBytesOf(record, record.kind === recordKinds.pushedMerged);
  const runs = catalogue.pushed.runsOf(block.sequence);
  const isWhole = runs.length === block.runCount;
  const from = runs.map(({ position }): [number, number][] => [[0, position]]);
  const { frame } = isWhole
    ? { frame: bytes }
    : await thread.mergePushed([bytes], positionsOf([runs]), block.compact ? 1 : 0);
  await committer.submit({
    ...{ bytes: frame.length, exclusive: true, makesRoom: true },
    plan(group) {
      const header = pushedMergedHeader(catalogue, [block], [runs], from);
      if (!header) return;
      group.records.push({
        kind: recordKinds.pushedMerged,
        tenant: block.tenant,
        payload: encodeMerged(header, frame),
      });
    },
  });
}
