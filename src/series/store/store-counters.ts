import type { Counter, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { Appended } from './store.ts';

/** What the store counts of itself. */
export class StoreCounters {
  readonly refusedSeries: Counter;
  readonly refusedMetadata: Counter;
  readonly damagedBytes: Counter;
  readonly damagedBlocks: Counter;
  readonly #samples: Counter;

  constructor(metrics: MetricsRegistry) {
    this.#samples = metrics.counter(
      'taffrail_series_samples_total',
      'Samples offered to the store, by what became of them.',
    );
    this.refusedSeries = metrics.counter(
      'taffrail_series_refused_total',
      'Series refused by a limit, each time they came.',
    );
    this.refusedMetadata = metrics.counter(
      'taffrail_series_metadata_refused_total',
      'Metrics whose type and help were not kept because there are too many.',
    );
    this.damagedBlocks = metrics.counter(
      'taffrail_series_damaged_blocks_total',
      'Blocks that failed a checksum and are left out of reads.',
    );
    this.damagedBytes = metrics.counter(
      'taffrail_series_wal_damaged_bytes_total',
      'Bytes of the write-ahead log that failed their checksum and were skipped.',
    );
  }

  count(appended: Appended): void {
    const { taken, repeated, conflicting, tooOld, tooNew, unknownRefs } = appended;
    if (taken > 0) this.#samples.add(taken, { result: 'taken' });
    if (repeated > 0) this.#samples.add(repeated, { result: 'repeated' });
    if (conflicting > 0) this.#samples.add(conflicting, { result: 'conflicting' });
    if (tooOld > 0) this.#samples.add(tooOld, { result: 'too_old' });
    if (tooNew > 0) this.#samples.add(tooNew, { result: 'too_new' });
    if (unknownRefs.length > 0) this.#samples.add(unknownRefs.length, { result: 'unknown_ref' });
  }
}
