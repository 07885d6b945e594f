import type { Block } from '../block/block.ts';
import type { SeriesStoreSettings } from '../settings.ts';

/** Blocks that are too old as a whole, and, while all together is too much, the oldest. */
export function expiredBlocks(
  blocks: readonly Block[],
  { ageMs, bytesMax }: SeriesStoreSettings['retention'],
  nowMs: number,
  bytes: number,
): Block[] {
  const expired: Block[] = [];
  for (const block of blocks.toSorted((a, b) => a.meta.maxMs - b.meta.maxMs)) {
    const tooOld = ageMs !== null && block.meta.maxMs < nowMs - ageMs;
    const tooMuch = bytesMax !== null && bytes > bytesMax;
    if (!tooOld && !tooMuch) break;
    expired.push(block);
    bytes -= block.bytes;
  }
  return expired;
}
