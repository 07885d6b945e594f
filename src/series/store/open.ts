import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { requireFormat } from '../../base/format-file.ts';
import { type HeldLock, takeLock } from '../../base/lock.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { BlockSet } from './block/block-set.ts';
import { Tombstones } from './block/tombstones.ts';
import { DurableSeriesStore } from './durable-series-store.ts';
import { applySamples, Heads } from './heads.ts';
import { type BlockRunner, BlockThread } from './maintain/block-thread.ts';
import { Maintenance } from './maintain/maintenance.ts';
import { Reader } from './read/reader.ts';
import { recoverHeads } from './recovery.ts';
import { defaultSeriesSettings, type SeriesStoreSettings } from './settings.ts';
import { StoreCounters } from './store-counters.ts';
import { Committer } from './wal/committer.ts';

export { defaultSeriesSettings, type SeriesStoreSettings } from './settings.ts';

export interface SeriesStoreOptions {
  dataDir: string;
  settings?: Partial<SeriesStoreSettings>;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  /** Tests put another layer here. */
  files?: FileLayer;
  runner?: BlockRunner;
}

const format = 1;

/** Opens `<dataDir>/series`, makes it where it is missing, and reads the write-ahead log. Throws Fault `already-locked` or `newer-format`. */
export async function openSeriesStore(options: SeriesStoreOptions): Promise<DurableSeriesStore> {
  const { dataDir, files = realFiles } = options;
  const settings = { ...defaultSeriesSettings, ...options.settings };
  const directory = join(dataDir, 'series');
  files.makeDirectory(directory);
  const lock = takeLock(join(directory, 'LOCK'), directory);
  try {
    requireFormat(join(directory, 'VERSION'), format);
    return await openParts(options, { settings, directory, files, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openParts(
  { log, metrics, clock, runner = new BlockThread() }: SeriesStoreOptions,
  own: { settings: SeriesStoreSettings; directory: string; files: FileLayer; lock: HeldLock },
): Promise<DurableSeriesStore> {
  const { settings, directory, files, lock } = own;
  const [walDirectory, blockDirectory] = [join(directory, 'wal'), join(directory, 'blocks')];
  for (const path of [walDirectory, blockDirectory]) files.makeDirectory(path);
  const counters = new StoreCounters(metrics);
  const heads = new Heads();
  const blocks = await BlockSet.open({
    files,
    directory: blockDirectory,
    log,
    damaged: counters.damagedBlocks,
    cacheBytesMax: settings.blockCacheBytesMax,
  });
  const tombstones = await Tombstones.open(files, blockDirectory);
  for (const { meta } of blocks.all) {
    const head = heads.ensure(meta.tenant);
    head.maxMs = Math.max(head.maxMs, meta.maxMs);
  }
  const inBlocks = new Set(blocks.all.flatMap(({ meta }) => meta.walNumbers));
  const monotonicMs = clock.monotonicMs();
  const recovered = await recoverHeads({ files, log, directory: walDirectory, heads, counters, inBlocks, monotonicMs });
  const committer = new Committer(
    {
      files,
      directory: walDirectory,
      clock,
      log,
      queuedSamplesMax: settings.limits.queuedSamplesMax,
      apply: (head, samples, { appended }) => applySamples(head, samples, appended, clock.monotonicMs()),
    },
    Math.max(recovered.numberMax, ...inBlocks),
  );
  const maintenance = new Maintenance({
    ...{ files, walDirectory, committer, blocks, tombstones, runner, heads, settings, clock, log },
    walBytes: () => heads.walBytes,
  });
  maintenance.start();
  const parts = { heads, committer, blocks, tombstones, maintenance, settings, clock, counters, lock };
  const store = new DurableSeriesStore({ ...parts, reader: new Reader(heads, blocks, tombstones) });
  observe(metrics, store);
  return store;
}

function observe(metrics: MetricsRegistry, store: DurableSeriesStore): void {
  metrics.observe('taffrail_series_head_series', 'Series in the head.', () => store.status().headSeries);
  metrics.observe('taffrail_series_head_samples', 'Samples in the head.', () => store.status().headSamples);
  metrics.observe('taffrail_series_blocks', 'Blocks of series on disk.', () => store.status().blocks);
  metrics.observe(
    'taffrail_series_disk_bytes',
    'Blocks and write-ahead log of series.',
    () => store.status().diskBytes,
  );
}
