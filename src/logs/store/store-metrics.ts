import type { Clock } from '../../base/clock.ts';
import type { Counter, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { Committer } from './committer.ts';
import type { LogStore } from './store.ts';

const STATUS_AGE_MS_MAX = 1000;

/** What the store counts of itself. */
export class StoreCounters {
  readonly damaged: Counter;
  readonly merged: Counter;
  readonly removed: Counter;
  readonly expired: Counter;
  readonly uncompared: Counter;

  constructor(metrics: MetricsRegistry) {
    this.damaged = metrics.counter('taffrail_store_damaged_records_total', 'Stored records that cannot be read');
    this.merged = metrics.counter('taffrail_store_merged_blocks_total', 'Blocks that became part of a larger one');
    this.removed = metrics.counter(
      'taffrail_store_removed_packs_total',
      'Packs removed because too little in them was alive',
    );
    this.expired = metrics.counter('taffrail_store_expired_blocks_total', 'Blocks dropped by retention');
    this.uncompared = metrics.counter(
      'taffrail_store_uncompared_pushed_lines_total',
      'Pushed lines taken without looking for them in all that is held around their time',
    );
  }
}

/** Offers the figures of the store's status as metrics. */
export function observeStore(metrics: MetricsRegistry, store: LogStore, committer: Committer, clock: Clock): void {
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
