import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { writeFileDurably } from '../../base/files.ts';
import { takeLock } from '../../base/lock.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { DurableSeriesStore } from './durable-series-store.ts';
import { applySamples, Heads } from './heads.ts';
import { Reader } from './read/reader.ts';
import { recoverHeads } from './recovery.ts';
import { defaultSeriesSettings, type SeriesStoreSettings } from './settings.ts';
import type { SeriesStore } from './store.ts';
import { StoreCounters } from './store-counters.ts';
import { Committer } from './wal/committer.ts';

export { defaultSeriesSettings, type SeriesLimits, type SeriesStoreSettings } from './settings.ts';

export interface SeriesStoreOptions {
  dataDir: string;
  settings?: Partial<SeriesStoreSettings>;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  /** Tests put another layer here. */
  files?: FileLayer;
}

const format = 1;

/** Opens `<dataDir>/series`, makes it where it is missing, and reads the write-ahead log. Throws Fault `already-locked` or `newer-format`. */
export async function openSeriesStore(options: SeriesStoreOptions): Promise<SeriesStore> {
  const { dataDir, log, metrics, clock, files = realFiles } = options;
  const settings = { ...defaultSeriesSettings, ...options.settings };
  const directory = join(dataDir, 'series');
  files.makeDirectory(join(directory, 'wal'));
  const lock = takeLock(join(directory, 'LOCK'), directory);
  try {
    requireFormat(join(directory, 'VERSION'));
    const counters = new StoreCounters(metrics);
    const heads = new Heads();
    const walDirectory = join(directory, 'wal');
    const { numberMax } = await recoverHeads({ files, log, directory: walDirectory, heads, counters });
    const committer = new Committer(
      {
        files,
        directory: walDirectory,
        clock,
        log,
        queuedSamplesMax: settings.limits.queuedSamplesMax,
        apply: (head, samples, { appended }) => applySamples(head, samples, appended),
      },
      numberMax,
    );
    metrics.observe('taffrail_series_head_series', 'Series in the head.', () => heads.sum(({ series }) => series));
    metrics.observe('taffrail_series_head_samples', 'Samples in the head.', () => heads.samples);
    return new DurableSeriesStore({
      heads,
      committer,
      reader: new Reader(heads),
      settings,
      clock,
      counters,
      disk: {
        status: () => ({ blocks: 0, diskBytes: 0, minTimeMs: null }),
        async close() {
          for (const head of heads.byTenant.values()) {
            for (const { wal } of head.windows.values()) await wal?.close();
          }
          lock.release();
        },
      },
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function requireFormat(path: string): void {
  let found: number;
  try {
    found = Number(readFileSync(path, 'utf8').trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    writeFileDurably(path, `${format}\n`);
    return;
  }
  if (!Number.isSafeInteger(found) || found < 1) throw new Fault('corrupt', `${path} does not hold a format number`);
  if (found > format) {
    throw new Fault(
      'newer-format',
      `${path} says format ${found}; this build reads up to ${format}, and has left it untouched`,
    );
  }
}
