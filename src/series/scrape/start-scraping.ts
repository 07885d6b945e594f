import { setMaxListeners } from 'node:events';
import type { Clock } from '../../base/clock.ts';
import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { SeriesWriter } from '../store/store.ts';
import type { ScrapeConfig } from './config/config.ts';
import { SharedWatches } from './discovery/kubernetes/watches.ts';
import { Monitors } from './monitors/monitors.ts';
import { RunningJobs } from './running-jobs.ts';
import { ScrapeMetrics } from './target/scrape-metrics.ts';
import type { Surroundings } from './target/surroundings.ts';
import { type Targets, targetsOf } from './target/targets.ts';

export interface ScrapingOptions {
  config: ScrapeConfig;
  store: SeriesWriter;
  /** Without it, whatever needs the Kubernetes API finds nothing, and that is logged. */
  client?: KubernetesClient | undefined;
  /** Whose series they become. */
  tenant: string;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
}

export interface Scraping {
  targets(): Targets;
  /** Resolves when no scrape is under way any more; what was scraped is stored, and no series is ended. */
  close(): Promise<void>;
}

/** Discovers and scrapes from now on. Resolves when everything has begun, which is before anything is found. */
export async function startScraping(options: ScrapingOptions): Promise<Scraping> {
  const { config, client, log, metrics } = options;
  for (const text of config.unsupported) log.warn(text);
  const around: Surroundings = { ...options, metrics: new ScrapeMetrics(metrics) };
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const watches = client && new SharedWatches(client, around, closing.signal);
  const jobs = new RunningJobs(around, client && watches && { client, watches }, closing.signal);
  for (const job of config.jobs) jobs.start(job);
  const monitors =
    config.monitors && client && watches
      ? new Monitors(client, watches, around, config, (job) => jobs.start(job)).run(closing.signal)
      : undefined;
  metrics.observe('taffrail_scrape_targets', 'Targets that are being scraped.', () => jobs.targetCount);
  return {
    targets: () => targetsOf(jobs.pools),
    async close() {
      closing.abort();
      await monitors;
      await jobs.ended();
      await watches?.ended();
    },
  };
}
