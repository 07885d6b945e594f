import { setMaxListeners } from 'node:events';
import type { Clock } from '../../base/clock.ts';
import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { SeriesStore } from '../store/store.ts';
import type { JobConfig, ScrapeConfig } from './config/config.ts';
import type { Discovery } from './discovery/discovery.ts';
import { fileDiscovery } from './discovery/file.ts';
import { kubernetesDiscovery } from './discovery/kubernetes/kubernetes.ts';
import { SharedWatches } from './discovery/kubernetes/watches.ts';
import { staticDiscovery } from './discovery/static.ts';
import { createPageFetcher, type PageFetcher } from './fetch/fetch-page.ts';
import { objectsSource } from './objects/objects-source.ts';
import { httpSource } from './target/http-source.ts';
import { ScrapeMetrics } from './target/scrape-metrics.ts';
import type { Surroundings } from './target/surroundings.ts';
import type { Target } from './target/target.ts';
import { TargetPool } from './target/target-pool.ts';
import { type Targets, targetsOf } from './target/targets.ts';

/** What the series of the cluster's objects say of where they were scraped. */
const objectsAddress = 'taffrail:0';

export interface ScrapingOptions {
  config: ScrapeConfig;
  store: SeriesStore;
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
  const { config, client, log, metrics, clock, random } = options;
  for (const text of config.unsupported) log.warn(text);
  const around: Surroundings = { ...options, log, metrics: new ScrapeMetrics(metrics), clock, random };
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const watches = client && new SharedWatches(client, around, closing.signal);
  const fetchers: PageFetcher[] = [];
  const pools: TargetPool[] = [];
  const seed = `${random()}`;
  const running: Promise<void>[] = [];
  for (const job of config.jobs) {
    const fetcher = createPageFetcher(job, client?.access);
    fetchers.push(fetcher);
    const discoveries = discoveriesOf(job, watches, around);
    const ofObjects = watches && job.discovery.some(({ kind }) => kind === 'objects');
    const objects = ofObjects ? objectsSource(watches, closing.signal) : undefined;
    const sourceOf = (target: Target) => objects ?? httpSource(target, fetcher, job);
    const pool = new TargetPool(job, discoveries, sourceOf, seed, around);
    pools.push(pool);
    running.push(pool.run(closing.signal));
  }
  metrics.observe('taffrail_scrape_targets', 'Targets that are being scraped.', () =>
    pools.reduce((sum, pool) => sum + pool.scrapers().length, 0),
  );
  return {
    targets: () => targetsOf(pools),
    async close() {
      closing.abort();
      await Promise.all(running);
      await watches?.ended();
      for (const fetcher of fetchers) fetcher.close();
    },
  };
}

function discoveriesOf(job: JobConfig, watches: SharedWatches | undefined, around: Surroundings): Discovery[] {
  const { clock, log, metrics } = around;
  const onFailure = () => metrics.discoveryFailures.add(1, { job: job.jobName });
  return job.discovery.flatMap((config) => {
    if (config.kind === 'static') return [staticDiscovery(config.targets, config.labels)];
    if (config.kind === 'file') return [fileDiscovery(config.files, config.refreshMs, { clock, log, onFailure })];
    if (watches && config.kind === 'objects') return [staticDiscovery([objectsAddress], {})];
    if (watches && config.kind === 'kubernetes') return [kubernetesDiscovery(config, watches)];
    log.warn('a job finds no targets: there is no Kubernetes API to ask', { job: job.jobName });
    onFailure();
    return [];
  });
}
