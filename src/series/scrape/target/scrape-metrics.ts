import type { Counter, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import type { PageCounts, Stored } from '../ingest/target-series.ts';

/** What the scraper counts of itself: nothing of a page goes missing without showing here. */
export class ScrapeMetrics {
  readonly #scrapes: Counter;
  readonly #samples: Counter;
  readonly #skipped: Counter;
  readonly discoveryFailures: Counter;
  readonly badTargets: Counter;

  constructor(registry: MetricsRegistry) {
    this.#scrapes = registry.counter(
      'taffrail_scrapes_total',
      'Scrapes by outcome: page, failed, refused by the store.',
    );
    this.#samples = registry.counter('taffrail_scrape_samples_total', 'Samples of scrapes by what became of them.');
    this.#skipped = registry.counter(
      'taffrail_scrapes_skipped_total',
      'Scrapes left out because the one before took too long.',
    );
    this.discoveryFailures = registry.counter(
      'taffrail_scrape_discovery_failures_total',
      'Failed attempts to discover targets.',
    );
    this.badTargets = registry.counter(
      'taffrail_scrape_bad_targets_total',
      'Discovered addresses that cannot be scraped.',
    );
  }

  scraped(outcome: 'page' | 'failed' | 'not_stored', counts: PageCounts | undefined): void {
    this.#scrapes.add(1, { outcome });
    if (!counts) return;
    this.#add('dropped_by_relabelling', counts.scraped - counts.kept);
    this.#add('duplicate', counts.duplicates);
    if (counts.problem !== undefined) this.#add('of_failed_page', counts.kept - counts.duplicates);
  }

  stored(stored: Stored): void {
    this.#add('taken', stored.taken);
    this.#add('repeated', stored.repeated);
    this.#add('conflicting', stored.conflicting);
    this.#add('too_old', stored.tooOld);
    this.#add('too_new', stored.tooNew);
    this.#add('series_refused', stored.refusedSeries);
    this.#add('series_unknown', stored.unknownRefs.length);
  }

  skipped(scrapes: number): void {
    this.#skipped.add(scrapes);
  }

  #add(result: string, samples: number): void {
    if (samples > 0) this.#samples.add(samples, { result });
  }
}
