import type { Matcher, Scope } from '../query/query.ts';
import type { Tombstones } from './block/tombstones.ts';
import { matchingSlots } from './head/match.ts';
import type { TenantHead } from './head/tenant-head.ts';
import type { Heads } from './heads.ts';
import type { Maintenance } from './maintain/maintenance.ts';
import { scopedMatchers } from './scope.ts';
import type { Committer } from './wal/committer.ts';

export interface DeletionOptions {
  heads: Heads;
  committer: Committer;
  tombstones: Tombstones;
  maintenance: Maintenance;
}

/** Deletes on purpose, durably: from the head at once, from blocks by a tombstone that the next compaction applies. */
export async function deleteSamples(
  { heads, committer, tombstones, maintenance }: DeletionOptions,
  scope: Scope,
  matchers: readonly (readonly Matcher[])[],
  minMs: number,
  maxMs: number,
): Promise<void> {
  if (matchers.length === 0 || minMs > maxMs || scope.namespaces.length === 0) return;
  // No window is being cut meanwhile: a block is cut with the tombstones applied that there were before.
  await maintenance.exclusively(async () => {
    const head = heads.of(scope);
    if (head) for (const window of [...head.closing]) await maintenance.cutClosed(head, window);
    await committer.alone(async () => {
      await tombstones.add(scope, matchers, minMs, maxMs);
      if (head) await removeFromHead(committer, head, slotsOf(head, scope, matchers), minMs, maxMs);
    });
  });
}

function slotsOf(head: TenantHead, scope: Scope, matchers: readonly (readonly Matcher[])[]): Set<number> {
  const slots = new Set<number>();
  for (const list of matchers) {
    const scoped = scopedMatchers(scope, list);
    if (scoped) for (const slot of matchingSlots(head.index, scoped)) slots.add(slot);
  }
  return slots;
}

async function removeFromHead(
  committer: Committer,
  head: TenantHead,
  slots: ReadonlySet<number>,
  minMs: number,
  maxMs: number,
): Promise<void> {
  for (const window of head.windows.values()) {
    if (window.minMs > maxMs || window.maxMs < minMs) continue;
    const held = [...slots].filter((slot) => window.localOf(slot) >= 0);
    if (held.length > 0) await committer.remove(head, window, { slots: held, minMs, maxMs });
  }
}
