import type { JobConfig } from '../config/config.ts';
import type { Discovery, TargetGroup } from '../discovery/discovery.ts';
import { compileRelabel, type Relabel } from '../relabel/relabel.ts';
import { runScrapeLoop } from './scrape-loop.ts';
import type { Surroundings } from './surroundings.ts';
import { populate, type Target } from './target.ts';
import { type PageSource, TargetScraper } from './target-scraper.ts';

/** Changes of discovery are taken over after this time, together. */
const settleMs = 200;
/** Dropped targets that are kept to be looked at, where the configuration names no number. */
const droppedKeptMax = 1000;

export interface DroppedTarget {
  discovered: Readonly<Record<string, string>>;
}

interface Scraped {
  scraper: TargetScraper;
  stop: AbortController;
  ended: Promise<void>;
}

interface PopulatedGroup {
  targets: Target[];
  dropped: Readonly<Record<string, string>>[];
  errors: string[];
}

/**
 * The targets of one job.
 *
 * Invariant: after each `#sync`, `#scraped` has a running loop for exactly the targets of `#groups`, each once.
 */
export class TargetPool {
  readonly job: JobConfig;
  readonly #around: Surroundings;
  readonly #discoveries: readonly Discovery[];
  readonly #sourceOf: (target: Target) => PageSource;
  readonly #seed: string;
  readonly #relabel: Relabel;
  readonly #metricRelabel: Relabel;
  readonly #groups = new Map<string, PopulatedGroup>();
  readonly #scraped = new Map<string, Scraped>();
  readonly #ending = new Set<Promise<void>>();
  #error: string | undefined;
  #due = false;
  #retired = false;

  constructor(
    job: JobConfig,
    discoveries: readonly Discovery[],
    sourceOf: (target: Target) => PageSource,
    seed: string,
    around: Surroundings,
  ) {
    this.job = job;
    this.#discoveries = discoveries;
    this.#sourceOf = sourceOf;
    this.#seed = seed;
    this.#around = around;
    this.#relabel = compileRelabel(job.relabel);
    this.#metricRelabel = compileRelabel(job.metricRelabel);
  }

  /**
   * Discovers and scrapes until one of the signals aborts; resolves when every loop has ended. `retired`: the job is gone, and the
   * series of its targets end; `closed`: this process ends, and may go on with them later.
   */
  async run(signals: { closed: AbortSignal; retired: AbortSignal }): Promise<void> {
    const { closed, retired } = signals;
    const either = AbortSignal.any([closed, retired]);
    const aborted = new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }));
    const running = this.#discoveries.map((discovery, at) =>
      discovery.run((group) => this.#update(`${at}/${group.source}`, group, closed), either),
    );
    await Promise.all(running);
    if (!either.aborted) await aborted;
    this.#groups.clear();
    this.#retired = true;
    if (!closed.aborted) this.#sync(closed);
    await Promise.all([...[...this.#scraped.values()].map(({ ended }) => ended), ...this.#ending]);
  }

  scrapers(): TargetScraper[] {
    return [...this.#scraped.values()].map(({ scraper }) => scraper);
  }

  /** As many of the dropped as are kept, and how many there are. */
  dropped(): { kept: DroppedTarget[]; count: number } {
    const max = this.job.droppedTargetsKeptMax || droppedKeptMax;
    const kept: DroppedTarget[] = [];
    let count = 0;
    for (const { dropped } of this.#groups.values()) {
      count += dropped.length;
      for (const discovered of dropped) if (kept.length < max) kept.push({ discovered });
    }
    return { kept, count };
  }

  /** What was discovered and cannot be a target, for people. */
  errors(): string[] {
    return [...this.#groups.values()].flatMap(({ errors }) => errors).slice(0, droppedKeptMax);
  }

  #update(key: string, group: TargetGroup, signal: AbortSignal): void {
    if (this.#retired) return;
    if (group.targets.length === 0) this.#groups.delete(key);
    else this.#groups.set(key, this.#populate(group));
    if (this.#due) return;
    this.#due = true;
    void this.#around.clock.sleep(settleMs, signal).then(
      () => this.#sync(signal),
      () => {},
    );
  }

  #populate(group: TargetGroup): PopulatedGroup {
    const populated: PopulatedGroup = { targets: [], dropped: [], errors: [] };
    for (const target of group.targets) {
      const result = populate(this.job, this.#relabel, { ...group.labels, ...target });
      if ('target' in result) populated.targets.push(result.target);
      else if ('dropped' in result) populated.dropped.push(result.dropped);
      else {
        populated.errors.push(result.error);
        this.#around.metrics.badTargets.add(1, { job: this.job.jobName });
        this.#around.log.debug('a discovered target cannot be scraped', {
          job: this.job.jobName,
          problem: result.error,
        });
      }
    }
    return populated;
  }

  #sync(signal: AbortSignal): void {
    this.#due = false;
    const wanted = new Map<string, Target>();
    for (const { targets } of this.#groups.values()) for (const target of targets) wanted.set(target.key, target);
    const { targetsMax } = this.job;
    this.#error =
      targetsMax > 0 && wanted.size > targetsMax
        ? `target_limit exceeded: the job has ${wanted.size} targets, the limit is ${targetsMax}`
        : undefined;
    for (const [key, scraped] of this.#scraped) {
      if (wanted.has(key)) continue;
      this.#scraped.delete(key);
      scraped.stop.abort();
      this.#ending.add(scraped.ended);
      void scraped.ended.then(() => this.#ending.delete(scraped.ended));
    }
    for (const [key, target] of wanted) {
      const scraped = this.#scraped.get(key);
      if (scraped) scraped.scraper.target = target;
      else this.#scraped.set(key, this.#start(target, signal));
    }
  }

  #start(target: Target, closed: AbortSignal): Scraped {
    const { job } = this;
    const scraper = new TargetScraper(
      target,
      this.#sourceOf(target),
      { ...job, metricRelabel: this.#metricRelabel },
      this.#around,
    );
    const stop = new AbortController();
    const ended = runScrapeLoop(
      scraper,
      this.#around,
      this.#seed,
      { stopped: stop.signal, closed },
      {
        forcedError: () => this.#error,
        isBack: () => this.scrapers().some((other) => other.target.labelsKey === target.labelsKey),
      },
    );
    return { scraper, stop, ended };
  }
}
