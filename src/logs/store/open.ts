import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { writeFileDurably } from '../../base/files.ts';
import { type HeldLock, takeLock } from '../../base/lock.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { BlockReader } from './block-reader.ts';
import type { BlockRow } from './block-table.ts';
import { Committer } from './committer.ts';
import { type CompactRules, compactRules } from './compact.ts';
import { changesAttributes, DurableStore } from './durable-store.ts';
import { Bell } from './follow.ts';
import { giveUpBlock, giveUpPushedBlock } from './give-up.ts';
import { Housekeeping } from './housekeeping.ts';
import { MergeThread } from './merge-thread.ts';
import { Packs } from './packs.ts';
import type { StartedPayload } from './payloads.ts';
import { PushedReader } from './pushed-reader.ts';
import type { PushedBlockRow } from './pushed-rows.ts';
import { Pusher, pushedStreamsMax } from './pusher.ts';
import { jsonPayload, recordKinds } from './record.ts';
import { recover } from './recovery.ts';
import { type RegroupLimits, regroupLimits } from './regroup/window.ts';
import { defaultBytesMax, defaultRetention, type Retention } from './retention.ts';
import type { LogStore } from './store.ts';

/** Raised when an older build could not read the folder any more. */
const formatVersion = 1;
/** Sequence numbers go on from the time of the start, so that those given out before a backup was put back never return. */
const SEQUENCES_PER_MS = 1024;

const STATUS_AGE_MS_MAX = 1000;

export interface StoreOptions {
  /** The store lives in `store/` below. */
  dataDir: string;
  /** Null: without limit. What is left out has a default that suits a laptop. */
  retention?: { ageMs?: number | null; bytesMax?: number | null };
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  files?: FileLayer;
  /** Size at which a pack is closed; tests make it small. */
  packBytesMax?: number;
  /** What becomes compact; tests let everything. */
  compact?: CompactRules;
  /** How much of what was pushed is regrouped at once; tests allow little. */
  regroup?: RegroupLimits;
  /** How many pushed streams there may be; tests allow few. */
  pushedStreamsMax?: number;
}

/** Throws Fault `already-locked` and `newer-format`; then the folder is left as it was. */
export async function openStore(options: StoreOptions): Promise<DurableStore> {
  const directory = join(options.dataDir, 'store');
  const versionPath = join(directory, 'VERSION');
  requireReadable(versionPath);
  const files = options.files ?? realFiles;
  files.makeDirectory(directory);
  const lock = takeLock(join(directory, 'lock'), `the log store in ${directory}`);
  try {
    requireReadable(versionPath);
    if (!existsSync(versionPath)) writeFileDurably(versionPath, `${formatVersion}\n`);
    return await openLocked(options, directory, files, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(
  {
    log,
    metrics,
    clock,
    retention,
    packBytesMax,
    compact: rules = compactRules,
    regroup = regroupLimits,
    pushedStreamsMax: streamsMax = pushedStreamsMax,
  }: StoreOptions,
  directory: string,
  files: FileLayer,
  lock: HeldLock,
): Promise<DurableStore> {
  const cataloguePath = join(directory, 'catalog.db');
  const packs = await Packs.open(files, join(directory, 'packs'), packBytesMax);
  const { catalogue, sequence, damagedCount } = await recover(packs, cataloguePath, log);
  const damaged = metrics.counter('taffrail_store_damaged_records_total', 'Stored records that cannot be read');
  if (damagedCount > 0) damaged.add(damagedCount);
  const bell = new Bell();
  const committer = new Committer(
    {
      packs,
      catalogue,
      files,
      directory,
      clock,
      log,
      committed(_sequence, records) {
        if (changesAttributes(records)) bell.attributesVersion++;
        bell.ring();
      },
    },
    Math.max(sequence, Math.trunc(clock.nowMs()) * SEQUENCES_PER_MS),
  );
  const epoch = randomUUID();
  try {
    await announce(committer, epoch);
  } catch (error) {
    // A full disk must not keep what is stored from being read.
    if (!(error instanceof Fault) || error.code !== 'disk-full') throw error;
  }
  const giveUp = (block: BlockRow, why: string) => {
    damaged.add();
    log.error('a damaged block is given up', { ...block.location, lines: block.lineCount, error: why });
    return giveUpBlock(catalogue, committer, block, clock.nowMs());
  };
  const giveUpPushed = (block: PushedBlockRow, why: string) => {
    damaged.add();
    log.error('a damaged block of pushed lines is given up', { ...block.location, error: why });
    return giveUpPushedBlock(catalogue, committer, block);
  };
  const followers = new Set<{ sequence: number }>();
  const { freeBytes } = await files.space(directory);
  const kept: Retention = {
    ageMs: retention?.ageMs === undefined ? defaultRetention.ageMs : retention.ageMs,
    bytesMax: retention?.bytesMax === undefined ? defaultBytesMax(freeBytes, packs.totalBytes) : retention.bytesMax,
  };
  const housekeeping = new Housekeeping({
    ...{
      catalogue,
      packs,
      committer,
      followers,
      clock,
      log,
      giveUp,
      giveUpPushed,
      retention: kept,
      rules,
      regroupLimits: regroup,
    },
    thread: new MergeThread(),
    merged: metrics.counter('taffrail_store_merged_blocks_total', 'Blocks that became part of a larger one'),
    removed: metrics.counter(
      'taffrail_store_removed_packs_total',
      'Packs removed because too little in them was alive',
    ),
    expired: metrics.counter('taffrail_store_expired_blocks_total', 'Blocks dropped by retention'),
  });
  const reader = new BlockReader(packs, catalogue, giveUp);
  const pushedReader = new PushedReader(packs, catalogue, giveUpPushed);
  const pusher = new Pusher({
    ...{ catalogue, committer, reader: pushedReader, streamsMax },
    uncompared: metrics.counter(
      'taffrail_store_uncompared_pushed_lines_total',
      'Pushed lines taken without looking for them in all that is held around their time',
    ),
  });
  const nowMs = () => clock.nowMs();
  const store = new DurableStore({
    ...{ epoch, packs, catalogue, cataloguePath, committer, reader, bell, followers, lock, housekeeping, log, nowMs },
    ...{ pushedReader, pusher },
    retention: kept,
  });
  observe(metrics, store, committer, clock);
  housekeeping.start();
  return store;
}

function observe(metrics: MetricsRegistry, store: LogStore, committer: Committer, clock: Clock): void {
  let status = store.status();
  let askedAtMs = clock.monotonicMs();
  // One scrape asks for several of its figures.
  const current = () => {
    if (clock.monotonicMs() - askedAtMs > STATUS_AGE_MS_MAX) {
      status = store.status();
      askedAtMs = clock.monotonicMs();
    }
    return status;
  };
  metrics.observe('taffrail_store_disk_bytes', 'Bytes of packs and catalogue', () => current().diskBytes);
  metrics.observe('taffrail_store_text_bytes', 'Bytes of text stored', () => current().textBytes);
  metrics.observe('taffrail_store_lines', 'Lines stored', () => current().lineCount);
  metrics.observe('taffrail_store_blocks', 'Blocks stored', () => current().blocks);
  metrics.observe('taffrail_store_instances', 'Container instances known', () => current().instances);
  metrics.observe('taffrail_store_pushed_streams', 'Pushed streams that have lines', () => current().pushedStreams);
  metrics.observe('taffrail_store_queued_bytes', 'Bytes that wait to be written', () => committer.queuedBytes);
  metrics.observe('taffrail_store_refusing', 'Whether the store refuses lines', () => (committer.refusing ? 1 : 0));
}

function announce(committer: Committer, epoch: string): Promise<void> {
  const payload: StartedPayload = { epoch };
  return committer.submit({
    bytes: 0,
    exclusive: true,
    plan: (group) => group.records.push({ kind: recordKinds.started, tenant: '', payload: jsonPayload(payload) }),
  });
}

function requireReadable(versionPath: string): void {
  if (!existsSync(versionPath)) return;
  const text = readFileSync(versionPath, 'latin1').trim();
  const version = Number(text);
  if (!/^\d+$/.test(text)) throw new Fault('corrupt', `${versionPath} holds ${JSON.stringify(text)}, not a number`);
  if (version <= formatVersion) return;
  throw new Fault('newer-format', `${versionPath} says version ${version}; this build reads up to ${formatVersion}`, {
    hint: 'start the newer version again, or give this one a directory of its own with --data-dir',
  });
}
