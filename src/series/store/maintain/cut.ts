import { join } from 'node:path';
import type { FileLayer } from '../../../base/file-layer.ts';
import type { BlockSet } from '../block/block-set.ts';
import type { Tombstones } from '../block/tombstones.ts';
import type { HeadWindow } from '../head/head-window.ts';
import type { TenantHead } from '../head/tenant-head.ts';
import { LabelsPacker, type PackedLabels } from '../read/packed-labels.ts';
import type { Committer } from '../wal/committer.ts';
import { walName } from '../wal/wal-file.ts';
import type { BlockRunner } from './block-thread.ts';

/** Series whose labels are written down before the event loop is let go on. */
const labelsPerSlice = 5000;

export interface CutOptions {
  files: FileLayer;
  walDirectory: string;
  committer: Committer;
  blocks: BlockSet;
  tombstones: Tombstones;
  runner: BlockRunner;
}

/** Nothing is added to the window any more; what comes for its time begins another. */
export async function closeWindow(
  { committer }: Pick<CutOptions, 'committer'>,
  head: TenantHead,
  window: HeadWindow,
): Promise<void> {
  await committer.alone(async () => {
    head.windows.delete(window.startMs);
    head.closing.push(window);
    const { wal } = window;
    window.oldWalBytes = window.walBytes;
    window.wal = undefined;
    await wal?.close();
  });
}

/** Makes a block of a closed window, and removes the WAL files behind it once the block is durable. */
export async function cutWindow(options: CutOptions, head: TenantHead, window: HeadWindow): Promise<void> {
  const { files, walDirectory, blocks, tombstones, runner } = options;
  if (window.samples > 0) {
    const number = blocks.nextNumber();
    try {
      await runner.run({
        kind: 'cut',
        path: blocks.draftPath(number),
        origin: {
          tenant: head.tenant,
          order: number,
          walNumbers: window.walNumbers,
          replaces: [],
          deletionsApplied: tombstones.last,
        },
        window: window.freeze(),
        labels: await labelsOf(head, window),
      });
      const block = await blocks.adopt(number);
      blocks.add(block);
    } catch (error) {
      await blocks.discardDraft(number);
      throw error;
    }
  }
  head.closing.splice(head.closing.indexOf(window), 1);
  for (const number of window.walNumbers)
    await files.unlink(join(walDirectory, walName({ startMs: window.startMs, number })));
  if (window.walNumbers.length > 0) await files.syncDirectory(walDirectory);
}

async function labelsOf(head: TenantHead, window: HeadWindow): Promise<PackedLabels> {
  const packer = new LabelsPacker();
  for (let local = 0; local < window.series; local++) {
    packer.add(head.index.labels(window.slots.data[local]!));
    if (local % labelsPerSlice === labelsPerSlice - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return packer.finish();
}
