import { messageOf } from '../../base/fault.ts';
import type { Counter, Logger } from '../../telemetry/telemetry.ts';
import { isDamage } from './block-reader.ts';
import type { BlockRow } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committer, Group } from './committer.ts';
import { copyPushed } from './copy-pushed.ts';
import type { GiveUp } from './give-up.ts';
import { mergedHeader } from './merge.ts';
import type { MergeThread } from './merge-thread.ts';
import type { Packs } from './packs.ts';
import {
  encodeMerged,
  frameBytesOf,
  type InstanceStatePayload,
  type PodStatePayload,
  type PushedDeletedPayload,
} from './payloads.ts';
import { jsonPayload, recordKinds } from './record.ts';

/** So much of the oldest packs must be dead before they are rewritten: then two bytes are copied for each one that is won. */
export const deadShareMin = 1 / 3;
/** While more is being merged, less of them will be alive in a moment. */
export const deadShareMinMerging = 2 / 3;
export const COPIED_BYTES_PER_COMMIT = 4 * 1024 * 1024;
const STATES_PER_COMMIT = 200;

export interface CleanOptions extends GiveUp {
  catalogue: Catalogue;
  packs: Packs;
  committer: Committer;
  log: Logger;
  thread: MergeThread;
  removed: Counter;
}

/**
 * Removes the oldest packs once enough of them is dead, and copies what lives in them to the newest. Always from the
 * oldest on: a record that takes something back then never goes before what it takes back, and replaying whatever packs
 * there are gives the right state. Says whether something was removed.
 */
export async function cleanOldestPacks(options: CleanOptions, share: number, signal: AbortSignal): Promise<boolean> {
  const { catalogue, packs, committer, log, removed } = options;
  const victims = victimsOf(options, share);
  const last = victims.at(-1);
  if (last === undefined) return false;
  if (last === packs.end.pack) await committer.roll();
  for (const pack of victims) {
    await copyBlocks(options, pack, signal);
    await copyPushed(options, pack, signal);
  }
  await writeStates(options, last, signal);
  if (signal.aborted) return false;
  // An older catalogue must not come back after a power loss and look for these.
  catalogue.sync();
  if (victims.some((pack) => catalogue.blocks.inPack(pack).length + catalogue.pushed.inPack(pack).length > 0))
    return false;
  const bytes = victims.reduce((sum, pack) => sum + packs.sizeBytes(pack), 0);
  await packs.remove(victims);
  removed.add(victims.length);
  log.info('old packs were removed', { packs: victims.length, bytes });
  return true;
}

/**
 * The oldest pack while there are deleted lines to get rid of; else the fewest packs, from the oldest on, of which at
 * least this share is dead.
 */
export function victimsOf({ catalogue, packs }: Pick<CleanOptions, 'catalogue' | 'packs'>, share: number): number[] {
  const [oldest] = packs.numbers();
  if (oldest !== undefined && oldest <= catalogue.purgeThrough) return [oldest];
  const sources = [
    catalogue.blocks.liveBytesByPack(),
    catalogue.instances.stateBytesByPack(),
    catalogue.pods.stateBytesByPack(),
    catalogue.pushed.liveBytesByPack(),
  ];
  let bytes = 0;
  let live = 0;
  const victims: number[] = [];
  for (const pack of packs.numbers()) {
    if (pack === packs.end.pack && packs.end.bytes < CURRENT_BYTES_MIN) break;
    victims.push(pack);
    bytes += packs.sizeBytes(pack);
    for (const source of sources) live += source.get(pack) ?? 0;
    if (live <= bytes * (1 - share)) return victims;
  }
  return [];
}

/** The pack that is being written is worth rewriting from this size on. */
const CURRENT_BYTES_MIN = 4 * 1024 * 1024;

async function copyBlocks(options: CleanOptions, pack: number, signal: AbortSignal): Promise<void> {
  const { catalogue, packs, committer, giveUp } = options;
  let copies: { block: BlockRow; frame: Buffer }[] = [];
  let bytes = 0;
  const commit = async () => {
    const taken = copies;
    copies = [];
    await committer.submit({
      ...{ bytes, exclusive: true, makesRoom: true },
      plan: (group) => planCopies(catalogue, group, taken),
    });
    bytes = 0;
  };
  for (const block of catalogue.blocks.inPack(pack)) {
    if (signal.aborted) return;
    try {
      const record = await packs.read(block.location);
      copies.push({ block, frame: frameBytesOf(record) });
      bytes += block.location.bytes;
    } catch (error) {
      if (!isDamage(error)) throw error;
      await giveUp(block, messageOf(error));
    }
    if (bytes >= COPIED_BYTES_PER_COMMIT) await commit();
  }
  if (copies.length > 0) await commit();
}

function planCopies(catalogue: Catalogue, group: Group, copies: readonly { block: BlockRow; frame: Buffer }[]): void {
  for (const { block, frame } of copies) {
    const header = mergedHeader(catalogue, [block]);
    if (!header) continue;
    group.records.push({ kind: recordKinds.merged, tenant: header.tenant, payload: encodeMerged(header, frame) });
  }
}

/** Says once more, in the newest pack, what the packs up to `last` said of instances and pods. */
async function writeStates(options: CleanOptions, last: number, signal: AbortSignal): Promise<void> {
  const { catalogue, committer } = options;
  const pending = () =>
    catalogue.instances.withStateUpTo(last).length +
    catalogue.pods.withStateUpTo(last).length +
    catalogue.pushed.tombstones.upTo(last, 1).length;
  while (pending() > 0 && !signal.aborted) {
    await committer.submit({
      bytes: STATES_PER_COMMIT * 1024,
      // Alone: the state is the catalogue's, which must be complete at this point of the order.
      exclusive: true,
      makesRoom: true,
      plan: (group) => planStates(catalogue, group, last),
    });
  }
}

function planStates(catalogue: Catalogue, group: Group, last: number): void {
  for (const row of catalogue.instances.withStateUpTo(last).slice(0, STATES_PER_COMMIT)) {
    const { tenant } = catalogue.instances.byRow(row)!;
    const payload: InstanceStatePayload = {
      columns: catalogue.instances.columns(row),
      aliases: catalogue.instances.aliases(row),
      segments: catalogue.segments.list(row),
      gaps: catalogue.segments.gaps(row),
    };
    group.records.push({ kind: recordKinds.instanceState, tenant, payload: jsonPayload(payload) });
  }
  for (const row of catalogue.pods.withStateUpTo(last).slice(0, STATES_PER_COMMIT)) {
    const { tenant, fact, receivedMs } = catalogue.pods.byRow(row);
    const payload: PodStatePayload = { fact, receivedMs, states: catalogue.pods.states(row) };
    group.records.push({ kind: recordKinds.podState, tenant, payload: jsonPayload(payload) });
  }
  for (const { tenant, id, through, sequence, deletedMs } of catalogue.pushed.tombstones.upTo(
    last,
    STATES_PER_COMMIT,
  )) {
    const payload: PushedDeletedPayload = { streams: [{ id, through: through.toString(), sequence, deletedMs }] };
    group.records.push({ kind: recordKinds.pushedDeleted, tenant, payload: jsonPayload(payload) });
  }
}
