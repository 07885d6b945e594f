import { messageOf } from '../../../base/fault.ts';
import type { ExpositionOptions } from '../../../exposition/exposition.ts';
import { type IngestRules, type PageCounts, TargetSeries } from '../ingest/target-series.ts';
import type { Surroundings } from './surroundings.ts';
import type { Target } from './target.ts';

/** Where a target's pages come from: HTTP, or this process itself. Rejects with an Error for people. */
export interface PageSource {
  page(signal: AbortSignal): Promise<{ body: Buffer; format: ExpositionOptions['format'] }>;
}

export type Health = 'unknown' | 'up' | 'down';

/** Scrapes one target once, as often as it is asked; never two at a time. */
export class TargetScraper {
  /** May be replaced by one with the same key: what it was discovered by changes. */
  target: Target;
  readonly #source: PageSource;
  readonly #around: Surroundings;
  readonly #series: TargetSeries;
  health: Health = 'unknown';
  /** Empty where the last scrape went well. */
  lastError = '';
  lastScrapeMs: number | undefined;
  lastDurationMs = 0;

  constructor(target: Target, source: PageSource, rules: IngestRules, around: Surroundings) {
    this.target = target;
    this.#source = source;
    this.#around = around;
    this.#series = new TargetSeries(around.store, around.tenant, target.labels, rules, around.random);
  }

  /** Scrapes and stores, with `timeMs` as the samples' time. `forced`: an error that the target has without being asked. */
  async scrape(timeMs: number, signal: AbortSignal, forced?: string): Promise<void> {
    const { clock, metrics } = this.#around;
    const startMs = clock.monotonicMs();
    const { counts, error } = await this.#read(timeMs, signal, forced);
    if (signal.aborted) return;
    const durationMs = clock.monotonicMs() - startMs;
    const refused = await this.#store(
      {
        up: error === undefined ? 1 : 0,
        scrape_duration_seconds: durationMs / 1000,
        scrape_samples_scraped: counts?.scraped ?? 0,
        scrape_samples_post_metric_relabeling: counts?.kept ?? 0,
        scrape_series_added: error === undefined ? (counts?.seriesAdded ?? 0) : 0,
      },
      timeMs,
    );
    metrics.scraped(refused !== undefined ? 'not_stored' : error === undefined ? 'page' : 'failed', counts);
    this.health = error === undefined ? 'up' : 'down';
    this.lastError = error ?? refused ?? '';
    this.lastScrapeMs = timeMs;
    this.lastDurationMs = durationMs;
  }

  /** The target is gone: its series end at `timeMs`. */
  async end(timeMs: number): Promise<void> {
    if (this.lastScrapeMs === undefined) return;
    this.#series.markAllStale(timeMs);
    await this.#store(
      {
        up: undefined,
        scrape_duration_seconds: undefined,
        scrape_samples_scraped: undefined,
        scrape_samples_post_metric_relabeling: undefined,
        scrape_series_added: undefined,
      },
      timeMs,
    );
  }

  async #read(
    timeMs: number,
    signal: AbortSignal,
    forced: string | undefined,
  ): Promise<{ counts?: PageCounts; error?: string }> {
    try {
      if (forced !== undefined) throw new Error(forced);
      const { body, format } = await this.#source.page(signal);
      if (signal.aborted) return {};
      if (body.length > 0) {
        const counts = this.#series.read(body, format, timeMs);
        return counts.problem === undefined ? { counts } : { counts, error: counts.problem };
      }
      this.#series.markAllStale(timeMs);
      return {};
    } catch (error) {
      this.#series.markAllStale(timeMs);
      return { error: messageOf(error) };
    }
  }

  /** Adds what the scraper itself says of the target and stores it all; gives what the store refused, for people. */
  async #store(own: Readonly<Record<string, number | undefined>>, timeMs: number): Promise<string | undefined> {
    const { metrics, log } = this.#around;
    try {
      this.#series.report(own, timeMs);
      const stored = await this.#series.commit();
      metrics.stored(stored);
      return stored.refusal === null
        ? undefined
        : `the store took ${stored.refusedSeries} series less: ${stored.refusal}`;
    } catch (error) {
      log.warn('a scrape could not be stored', { target: this.target.url.href, error: messageOf(error) });
      return `the store refused the samples: ${messageOf(error)}`;
    }
  }
}
