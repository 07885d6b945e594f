import { performance } from 'node:perf_hooks';
import { messageOf } from '../../base/fault.ts';
import { cleanOldestPacks, deadShareMin, deadShareMinMerging } from './clean.ts';
import { compactBlocks } from './compact.ts';
import { type MergeOptions, mergeSmallBlocks } from './merge.ts';
import { type RegroupOptions, regroupPushes } from './regroup/regroup.ts';
import { type RetentionOptions, retain } from './retention.ts';

const INTERVAL_MS = 5_000;
const RETENTION_INTERVAL_MS = 60_000;

/** The main thread is busy from this share of its time on; then the merging thread works for this share of its own, and pauses. */
const busyUtilizationMin = 0.2;
const BUSY_WORK_SHARE = 0.1;

export type HousekeepingOptions = MergeOptions & RetentionOptions & Pick<RegroupOptions, 'rules' | 'regroupLimits'>;

/** The background work: merging, making compact, cleaning, retention, and trying again after the disk was full. One thing at a time. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #work: Promise<void> = Promise.resolve();
  readonly #declined = new Set<number>();
  #utilization = performance.eventLoopUtilization();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Everything once, after what is under way. */
  tidy(): Promise<void> {
    const work = this.#work.then(async () => {
      await this.#merge(true);
      await retain(this.#options, this.#stop.signal);
    });
    // Who asked hears of it; what is due by itself goes on.
    this.#work = work.catch(() => {});
    return work;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([this.#loop, this.#work]);
    await this.#options.thread.close();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    let retainedAtMs = Number.NEGATIVE_INFINITY;
    while (!this.#stop.signal.aborted) {
      const due = clock.monotonicMs() - retainedAtMs >= RETENTION_INTERVAL_MS;
      if (due) retainedAtMs = clock.monotonicMs();
      const once = this.#work.then(() => this.#once(due));
      this.#work = once.then(() => {});
      // What takes many steps, as lines of a hundred thousand streams do, is not to take as many intervals.
      if (!(await once)) await clock.sleep(INTERVAL_MS, this.#stop.signal).catch(() => {});
    }
  }

  /** Says whether there may be more to do at once. */
  async #once(retentionIsDue: boolean): Promise<boolean> {
    const { committer, log } = this.#options;
    let made = 0;
    try {
      const refusing = committer.refusing !== null;
      if (!refusing) made = await this.#merge(false);
      if (retentionIsDue || refusing) await retain(this.#options, this.#stop.signal);
      if (refusing) await committer.submit({ bytes: 0, exclusive: true, plan: () => {} });
    } catch (error) {
      if (!this.#stop.signal.aborted)
        log.warn('background work failed and is tried again', { error: messageOf(error) });
      return false;
    }
    return made > 0;
  }

  /** `now`: without waiting for more, or for a quiet moment. Gives how many blocks were made, last. */
  async #merge(now: boolean): Promise<number> {
    const { signal } = this.#stop;
    await mergeSmallBlocks(this.#options, signal);
    const pace = now ? async () => {} : (workMs: number) => this.#pause(workMs);
    const options = { ...this.#options, declined: this.#declined, pace };
    let made: number;
    do made = (await compactBlocks(options, now, signal)) + (await regroupPushes(options, now, signal));
    while (now && made > 0 && !signal.aborted);
    const share = made > 0 ? deadShareMinMerging : deadShareMin;
    while (!this.#stop.signal.aborted && (await cleanOldestPacks(this.#options, share, this.#stop.signal)));
    return made;
  }

  /** After work of so many milliseconds: lines that come and queries go first. */
  async #pause(workMs: number): Promise<void> {
    const { clock } = this.#options;
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    if (performance.eventLoopUtilization(this.#utilization, before).utilization < busyUtilizationMin) return;
    await clock.sleep(workMs * (1 / BUSY_WORK_SHARE - 1), this.#stop.signal).catch(() => {});
  }
}
