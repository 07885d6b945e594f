import type { Block } from '../block/block.ts';
import type { Tombstones } from '../block/tombstones.ts';
import { windowMs } from '../settings.ts';

/** Blocks grow to these lengths, aligned to multiples of them. */
const LENGTHS_MS = [6 * windowMs, 36 * windowMs];

/**
 * The blocks of one tenant that become one next, in the order in which their samples stand; undefined when nothing is to be done. A
 * stretch of time is compacted once nothing more is cut for it, that is, when it ends before `openMs`.
 */
export function planCompaction(blocks: readonly Block[], tombstones: Tombstones, openMs: number): Block[] | undefined {
  const byOrder = blocks.toSorted((a, b) => a.meta.order - b.meta.order);
  const deleted = byOrder.find(({ meta }) => tombstones.of(meta).length > 0);
  if (deleted) return [deleted];
  for (const lengthMs of LENGTHS_MS) {
    const groups = new Map<number, Block[]>();
    for (const block of byOrder) {
      const stretch = Math.floor(block.meta.minMs / lengthMs);
      if (Math.floor(block.meta.maxMs / lengthMs) !== stretch || (stretch + 1) * lengthMs > openMs) continue;
      const others = groups.get(stretch);
      if (others) others.push(block);
      else groups.set(stretch, [block]);
    }
    for (const group of groups.values()) if (group.length > 1) return group;
  }
  return undefined;
}
