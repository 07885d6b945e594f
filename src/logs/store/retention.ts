import type { Clock } from '../../base/clock.ts';
import type { FileLayer } from '../../base/file-layer.ts';
import type { Counter, Logger } from '../../telemetry/telemetry.ts';
import type { BlockRow } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import { type CleanOptions, cleanOldestPacks, deadShareMin } from './clean.ts';
import type { Committer } from './committer.ts';
import type { Packs } from './packs.ts';
import type { ExpiredPayload, ForgottenPayload } from './payloads.ts';
import type { PushedBlockRow } from './pushed-rows.ts';
import { jsonPayload, recordKinds } from './record.ts';

const DAY_MS = 24 * 3600 * 1000;
/** What suits a laptop. */
export const defaultRetention = { ageMs: 7 * DAY_MS, bytesMax: 10 * 1024 ** 3 } as const;
/** Of the disk's free room, where that is less than the default. */
const FREE_SHARE = 0.5;
/** An instance without lines is remembered at least so long after an agent last spoke of it. */
const rememberedMsMin = DAY_MS;
/** A deletion is remembered so long, since files of it may be on a node still. */
const tombstoneMs = 90 * DAY_MS;
const BLOCKS_PER_COMMIT = 1000;
const FORGOTTEN_PER_COMMIT = 500;
/** While the bytes are too many, packs are rewritten for less. */
const DEAD_SHARE_MIN_URGENT = 0.1;
const ROUNDS_PER_PASS = 1000;

/** Null: without limit. */
export interface Retention {
  ageMs: number | null;
  bytesMax: number | null;
}

export interface RetentionOptions extends CleanOptions {
  catalogue: Catalogue;
  committer: Committer;
  retention: Retention;
  clock: Clock;
  log: Logger;
  expired: Counter;
}

/** What was asked for, and the default for the rest. */
export async function retentionOf(
  asked: Partial<Retention> = {},
  { files, directory, packs }: { files: FileLayer; directory: string; packs: Packs },
): Promise<Retention> {
  const { ageMs = defaultRetention.ageMs, bytesMax } = asked;
  if (bytesMax !== undefined) return { ageMs, bytesMax };
  const { freeBytes } = await files.space(directory);
  return { ageMs, bytesMax: defaultBytesMax(freeBytes, packs.totalBytes) };
}

/** A share of what is free and of what the store has already, at most the default. */
export function defaultBytesMax(freeBytes: number, ownBytes: number): number {
  return Math.min(defaultRetention.bytesMax, Math.floor((freeBytes + ownBytes) * FREE_SHARE));
}

/** Drops what is too old or too much, oldest first, by whole blocks, and forgets instances of which nothing is left. */
export async function retain(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  await expireByAge(options, signal);
  await expireByBytes(options, signal);
  while (!signal.aborted && (await cleanOldestPacks(options, deadShareMin, signal)));
  await forget(options, signal);
}

/** Age counts from when a line was stored, so that old files that are imported today are kept as long as today's lines. */
async function expireByAge(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { catalogue, retention, clock } = options;
  while (retention.ageMs !== null && !signal.aborted) {
    const before = clock.nowMs() - retention.ageMs;
    const old = oldestBlocks(catalogue).filter((block) => block.receivedMs < before);
    if (old.length === 0) return;
    await expire(
      options,
      old.map((block) => block.sequence),
    );
  }
}

/** Of agents and of those who push, by arrival. */
function oldestBlocks({ blocks, pushed }: Catalogue): (BlockRow | PushedBlockRow)[] {
  const both = [...blocks.oldest(BLOCKS_PER_COMMIT), ...pushed.oldest(BLOCKS_PER_COMMIT)];
  return both.sort((a, b) => a.receivedMs - b.receivedMs || a.sequence - b.sequence).slice(0, BLOCKS_PER_COMMIT);
}

async function expireByBytes(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { catalogue, packs, retention, log } = options;
  for (let round = 0; round < ROUNDS_PER_PASS && !signal.aborted; round++) {
    const excess = retention.bytesMax === null ? 0 : packs.totalBytes - retention.bytesMax;
    if (excess <= 0) return;
    if (await cleanOldestPacks(options, DEAD_SHARE_MIN_URGENT, signal)) continue;
    const victims: number[] = [];
    let bytes = 0;
    for (const block of oldestBlocks(catalogue)) {
      if (bytes >= excess) break;
      bytes += block.location.bytes;
      victims.push(block.sequence);
    }
    if (victims.length === 0) return;
    log.info('the oldest lines are dropped to keep within the limit', { blocks: victims.length, bytes });
    await expire(options, victims);
  }
}

async function expire({ committer, expired }: RetentionOptions, blocks: number[]): Promise<void> {
  const payload: ExpiredPayload = { blocks };
  await committer.submit({
    bytes: blocks.length * 20,
    exclusive: true,
    makesRoom: true,
    plan: (group) => group.records.push({ kind: recordKinds.expired, tenant: '', payload: jsonPayload(payload) }),
  });
  expired.add(blocks.length);
}

async function forget(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { catalogue, committer, retention, clock } = options;
  if (retention.ageMs === null) return;
  const before = clock.nowMs() - Math.max(retention.ageMs, rememberedMsMin);
  const tombstonesBefore = clock.nowMs() - Math.max(retention.ageMs, tombstoneMs);
  for (let found = 1; found > 0 && !signal.aborted; ) {
    await committer.submit({
      bytes: FORGOTTEN_PER_COMMIT * 40,
      exclusive: true,
      makesRoom: true,
      plan(group) {
        const payloads = forgotten(catalogue, before, tombstonesBefore);
        found = payloads.size;
        for (const [tenant, payload] of payloads) {
          group.records.push({ kind: recordKinds.forgotten, tenant, payload: jsonPayload(payload) });
        }
      },
    });
  }
}

function forgotten(catalogue: Catalogue, beforeMs: number, tombstonesBeforeMs: number): Map<string, ForgottenPayload> {
  const payloads = new Map<string, ForgottenPayload>();
  const payloadOf = (tenant: string): ForgottenPayload => {
    const payload = payloads.get(tenant) ?? { ids: [], pods: [] };
    payloads.set(tenant, payload);
    return payload;
  };
  for (const { tenant, id } of catalogue.instances.forgettable(beforeMs, tombstonesBeforeMs, FORGOTTEN_PER_COMMIT)) {
    payloadOf(tenant).ids.push(id);
  }
  for (const { tenant, cluster, podUid } of catalogue.pods.unused(beforeMs, FORGOTTEN_PER_COMMIT)) {
    payloadOf(tenant).pods.push({ cluster, podUid });
  }
  for (const { tenant, id } of catalogue.pushed.tombstones.old(tombstonesBeforeMs, FORGOTTEN_PER_COMMIT)) {
    const payload = payloadOf(tenant);
    payload.pushed = [...(payload.pushed ?? []), id];
  }
  return payloads;
}
