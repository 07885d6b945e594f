import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { requireFormat } from '../../base/format-file.ts';
import { type HeldLock, takeLock } from '../../base/lock.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { BlockReader } from './block-reader.ts';
import { Committer } from './committer.ts';
import { type CompactRules, compactRules } from './compact.ts';
import { changesAttributes, DurableStore } from './durable-store.ts';
import { Bell } from './follow.ts';
import { givingUp } from './give-up.ts';
import { Housekeeping } from './housekeeping.ts';
import { MergeThread } from './merge-thread.ts';
import { Packs } from './packs.ts';
import type { StartedPayload } from './payloads.ts';
import { PushedReader } from './pushed-reader.ts';
import { Pusher, pushedStreamsMax } from './pusher.ts';
import { jsonPayload, type PlacedRecord, recordKinds } from './record.ts';
import { recover } from './recovery.ts';
import { type RegroupLimits, regroupLimits } from './regroup/window.ts';
import { type Retention, retentionOf } from './retention.ts';
import { observeStore, StoreCounters } from './store-metrics.ts';

/** Raised when an older build could not read the folder any more. */
const formatVersion = 1;
/** Sequence numbers go on from the time of the start, so that those given out before a backup was put back never return. */
const SEQUENCES_PER_MS = 1024;

export interface StoreOptions {
  /** The store lives in `store/` below. */
  dataDir: string;
  /** What is left out has a default that suits a laptop. */
  retention?: Partial<Retention>;
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
  const files = options.files ?? realFiles;
  const directory = join(options.dataDir, 'store');
  files.makeDirectory(directory);
  const lock = takeLock(join(directory, 'lock'), `the log store in ${directory}`);
  try {
    requireFormat(join(directory, 'VERSION'), formatVersion);
    return await openLocked(options, { directory, files, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(
  options: StoreOptions,
  { directory, files, lock }: { directory: string; files: FileLayer; lock: HeldLock },
): Promise<DurableStore> {
  const { log, metrics, clock } = options;
  const cataloguePath = join(directory, 'catalog.db');
  const packs = await Packs.open(files, join(directory, 'packs'), options.packBytesMax);
  const { catalogue, sequence, damagedCount } = await recover(packs, cataloguePath, log);
  const { damaged, uncompared, ...housekeepingCounters } = new StoreCounters(metrics);
  if (damagedCount > 0) damaged.add(damagedCount);
  const bell = new Bell();
  const committed = (_sequence: number, records: readonly PlacedRecord[]) => {
    if (changesAttributes(records)) bell.attributesVersion++;
    bell.ring();
  };
  const committer = new Committer(
    { packs, catalogue, files, directory, clock, log, committed },
    Math.max(sequence, Math.trunc(clock.nowMs()) * SEQUENCES_PER_MS),
  );
  const epoch = randomUUID();
  await announce(committer, epoch);
  const retention = await retentionOf(options.retention, { files, directory, packs });
  const onDamage = givingUp({ catalogue, committer, clock, log, damaged });
  const followers = new Set<{ sequence: number }>();
  const housekeeping = new Housekeeping({
    ...{ catalogue, packs, committer, followers, clock, log, retention, ...onDamage, ...housekeepingCounters },
    rules: options.compact ?? compactRules,
    regroupLimits: options.regroup ?? regroupLimits,
    thread: new MergeThread(),
  });
  const pushedReader = new PushedReader(packs, catalogue, onDamage.giveUpPushed);
  const streamsMax = options.pushedStreamsMax ?? pushedStreamsMax;
  const store = new DurableStore({
    ...{ epoch, packs, catalogue, cataloguePath, committer, bell, followers, retention, lock, housekeeping, log },
    reader: new BlockReader(packs, catalogue, onDamage.giveUp),
    pushedReader,
    pusher: new Pusher({ catalogue, committer, reader: pushedReader, uncompared, streamsMax }),
    nowMs: () => clock.nowMs(),
  });
  observeStore(metrics, store, committer, clock);
  housekeeping.start();
  return store;
}

/** Writes down that a store with this epoch began, unless the disk is full: that must not keep what is stored from being read. */
async function announce(committer: Committer, epoch: string): Promise<void> {
  const payload: StartedPayload = { epoch };
  try {
    await committer.submit({
      bytes: 0,
      exclusive: true,
      plan: (group) => group.records.push({ kind: recordKinds.started, tenant: '', payload: jsonPayload(payload) }),
    });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'disk-full') throw error;
  }
}
