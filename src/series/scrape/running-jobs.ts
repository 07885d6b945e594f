import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import type { JobConfig } from './config/config.ts';
import type { Discovery } from './discovery/discovery.ts';
import { fileDiscovery } from './discovery/file.ts';
import { kubernetesDiscovery } from './discovery/kubernetes/kubernetes.ts';
import type { SharedWatches } from './discovery/kubernetes/watches.ts';
import { staticDiscovery } from './discovery/static.ts';
import { createPageFetcher } from './fetch/fetch-page.ts';
import { objectsSource } from './objects/objects-source.ts';
import { httpSource } from './target/http-source.ts';
import type { Surroundings } from './target/surroundings.ts';
import type { Target } from './target/target.ts';
import { TargetPool } from './target/target-pool.ts';

/** What the series of the cluster's objects say of where they were scraped. */
const objectsAddress = 'taffrail:0';

/** Where jobs find targets in the cluster. */
export interface ClusterParts {
  client: KubernetesClient;
  watches: SharedWatches;
}

/** The jobs that run: those of the configuration, and those of monitors, which come and go. */
export class RunningJobs {
  readonly #around: Surroundings;
  readonly #cluster: ClusterParts | undefined;
  readonly #closed: AbortSignal;
  readonly #seed: string;
  readonly #pools = new Set<TargetPool>();
  readonly #running = new Set<Promise<void>>();

  constructor(around: Surroundings, cluster: ClusterParts | undefined, closed: AbortSignal) {
    this.#around = around;
    this.#cluster = cluster;
    this.#closed = closed;
    this.#seed = String(around.random());
  }

  get pools(): Iterable<TargetPool> {
    return this.#pools;
  }

  get targetCount(): number {
    let count = 0;
    for (const pool of this.#pools) count += pool.scrapers().length;
    return count;
  }

  /** Gives what ends the job, with the series of its targets. */
  start(job: JobConfig): () => void {
    const fetcher = createPageFetcher(job, this.#cluster?.client.access);
    const ofObjects = job.discovery.some(({ kind }) => kind === 'objects');
    const objects = ofObjects && this.#cluster ? objectsSource(this.#cluster.watches, this.#closed) : undefined;
    const sourceOf = (target: Target) => objects ?? httpSource(target, fetcher, job);
    const pool = new TargetPool(job, this.#discoveries(job), sourceOf, this.#seed, this.#around);
    const retired = new AbortController();
    this.#pools.add(pool);
    const running = pool.run({ closed: this.#closed, retired: retired.signal }).finally(() => {
      fetcher.close();
      this.#running.delete(running);
    });
    this.#running.add(running);
    return () => {
      this.#pools.delete(pool);
      retired.abort();
    };
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  #discoveries(job: JobConfig): Discovery[] {
    const { clock, log, metrics } = this.#around;
    const onFailure = () => metrics.discoveryFailures.add(1, { job: job.jobName });
    return job.discovery.flatMap((config) => {
      if (config.kind === 'static') return [staticDiscovery(config.targets, config.labels)];
      if (config.kind === 'file') return [fileDiscovery(config.files, config.refreshMs, { clock, log, onFailure })];
      if (this.#cluster && config.kind === 'objects') return [staticDiscovery([objectsAddress], {})];
      if (this.#cluster && config.kind === 'kubernetes') return [kubernetesDiscovery(config, this.#cluster.watches)];
      log.warn('a job finds no targets: there is no Kubernetes API to ask', { job: job.jobName });
      onFailure();
      return [];
    });
  }
}
