import { messageOf } from '../../../base/fault.ts';
import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import type { JobConfig, ScrapeConfig } from '../config/config.ts';
import { readScrapeConfig } from '../config/read-config.ts';
import type { SharedWatches } from '../discovery/kubernetes/watches.ts';
import type { Surroundings } from '../target/surroundings.ts';
import { type MonitorJob, podMonitorJobs, type Reference, type Resolve, serviceMonitorJobs } from './monitor-job.ts';

/** How often it is asked whether the kinds exist, and whether the secrets that monitors name have changed. */
const lookMs = 60_000;
/** Monitors beyond this number are not scraped, and that is logged. */
const monitorsMax = 5000;

const group = '/apis/monitoring.coreos.com/v1';
const kinds = [
  { collection: 'servicemonitors', jobs: serviceMonitorJobs },
  { collection: 'podmonitors', jobs: podMonitorJobs },
] as const;

/** What a monitor says where it says nothing: the configuration's own interval. */
export type MonitorDefaults = Pick<ScrapeConfig, 'intervalMs' | 'timeoutMs'>;

/** Starts a job, and gives what ends it. */
export type StartJob = (job: JobConfig) => () => void;

interface Running {
  /** What the jobs were made of. */
  made: string;
  end: (() => void)[];
}

/**
 * The ServiceMonitors and PodMonitors of the Prometheus operator, where the cluster has those kinds.
 *
 * Invariant: for every monitor in `#monitors` the jobs that it describes run, or it is logged why not.
 */
export class Monitors {
  readonly #client: KubernetesClient;
  readonly #watches: SharedWatches;
  readonly #around: Surroundings;
  readonly #defaults: MonitorDefaults;
  readonly #startJob: StartJob;
  readonly #monitors = new Map<string, { object: KubeObject; jobs: (typeof kinds)[number]['jobs'] }>();
  readonly #running = new Map<string, Running>();
  readonly #problems = new Map<string, string>();
  #renewing: Promise<void> = Promise.resolve();

  constructor(
    client: KubernetesClient,
    watches: SharedWatches,
    around: Surroundings,
    defaults: MonitorDefaults,
    startJob: StartJob,
  ) {
    this.#client = client;
    this.#watches = watches;
    this.#around = around;
    this.#defaults = defaults;
    this.#startJob = startJob;
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const watched = new Set<string>();
    while (!signal.aborted) {
      const served = await this.#servedKinds(signal);
      for (const { collection, jobs } of kinds) {
        if (watched.has(collection) || !served.has(collection)) continue;
        watched.add(collection);
        const objects = this.#watches.objects({ collection });
        const end = objects.subscribe((key, object) => this.#changed(`${collection}/${key}`, object, jobs, signal));
        signal.addEventListener('abort', end, { once: true });
      }
      for (const key of this.#monitors.keys()) await this.#renew(key, signal);
      await this.#around.clock.sleep(lookMs, signal).catch(() => {});
    }
    await this.#renewing;
  }

  async #servedKinds(signal: AbortSignal): Promise<Set<string>> {
    try {
      const list = await this.#client.request<{ resources?: { name: string }[] }>(group, { signal });
      return new Set((list.resources ?? []).map(({ name }) => name));
    } catch {
      return new Set();
    }
  }

  #changed(
    key: string,
    object: KubeObject | undefined,
    jobs: (typeof kinds)[number]['jobs'],
    signal: AbortSignal,
  ): void {
    if (!object) {
      this.#monitors.delete(key);
      this.#problems.delete(key);
    } else if (this.#monitors.has(key) || this.#monitors.size < monitorsMax) {
      this.#monitors.set(key, { object, jobs });
    } else {
      this.#problem(key, `there are more than ${monitorsMax} monitors`);
      return;
    }
    void this.#renew(key, signal);
  }

  /** One after another, so that the last state of a monitor is the one that runs. */
  #renew(key: string, signal: AbortSignal): Promise<void> {
    this.#renewing = this.#renewing.then(() => this.#renewNow(key, signal));
    return this.#renewing;
  }

  async #renewNow(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const monitor = this.#monitors.get(key);
    try {
      const made = monitor ? await this.#made(monitor.object, monitor.jobs, signal) : [];
      const text = JSON.stringify(made);
      if (this.#running.get(key)?.made === text) return;
      const jobs = made.map((job) => this.#jobConfig(job));
      this.#end(key);
      if (monitor) this.#running.set(key, { made: text, end: jobs.map((job) => this.#startJob(job)) });
      this.#problems.delete(key);
    } catch (error) {
      this.#problem(key, messageOf(error));
    }
  }

  #end(key: string): void {
    for (const end of this.#running.get(key)?.end ?? []) end();
    this.#running.delete(key);
  }

  /** Made anew until everything that it refers to has been fetched. */
  async #made(object: KubeObject, jobs: (typeof kinds)[number]['jobs'], signal: AbortSignal): Promise<MonitorJob[]> {
    const texts = new Map<string, string>();
    const wanted = new Map<string, Reference>();
    const resolve: Resolve = (reference) => {
      const key = JSON.stringify(reference);
      if (!texts.has(key)) wanted.set(key, reference);
      return texts.get(key) ?? '';
    };
    const first = jobs(object, resolve);
    if (wanted.size === 0) return first;
    for (const [key, reference] of wanted) texts.set(key, await this.#text(reference, signal));
    return jobs(object, resolve);
  }

  async #text({ kind, namespace, name, key }: Reference, signal: AbortSignal): Promise<string> {
    const object = await this.#client.request(`/api/v1/namespaces/${namespace}/${kind}/${name}`, { signal });
    const value = object.data?.[key];
    if (typeof value !== 'string') throw new Error(`${kind} ${namespace}/${name} has no key ${JSON.stringify(key)}`);
    return kind === 'secrets' ? Buffer.from(value, 'base64').toString() : value;
  }

  /** Through the same reader as every other configuration, so that what a monitor may say is checked alike. */
  #jobConfig({ name, config }: MonitorJob): JobConfig {
    const { intervalMs, timeoutMs } = this.#defaults;
    const text = JSON.stringify({
      global: { scrape_interval: `${intervalMs}ms`, scrape_timeout: `${timeoutMs}ms` },
      scrape_configs: [{ job_name: name, ...config }],
    });
    const read = readScrapeConfig(text, name);
    for (const problem of read.unsupported) this.#around.log.warn(problem);
    return read.jobs[0]!;
  }

  #problem(key: string, problem: string): void {
    if (this.#problems.get(key) === problem) return;
    this.#problems.set(key, problem);
    this.#around.metrics.discoveryFailures.add(1, { collection: 'monitors' });
    this.#around.log.warn('a monitor is not scraped as it says', { monitor: key, problem });
  }
}
