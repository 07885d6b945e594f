import { messageOf } from '../../base/fault.ts';
import { cleanOldestPacks, deadShareMin } from './clean.ts';
import { type MergeOptions, mergeSmallBlocks } from './merge.ts';
import { mergeSmallPushes } from './merge-pushed.ts';
import { type RetentionOptions, retain } from './retention.ts';

const INTERVAL_MS = 5_000;
const RETENTION_INTERVAL_MS = 60_000;

export type HousekeepingOptions = MergeOptions & RetentionOptions;

/** The background work: merging, cleaning, retention, and trying again after the disk was full. One thing at a time. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #work: Promise<void> = Promise.resolve();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Everything once, after what is under way. */
  tidy(): Promise<void> {
    this.#work = this.#work.then(async () => {
      await this.#merge();
      await retain(this.#options, this.#stop.signal);
    });
    return this.#work;
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
      this.#work = this.#work.then(() => this.#once(due));
      await this.#work;
      await clock.sleep(INTERVAL_MS, this.#stop.signal).catch(() => {});
    }
  }

  async #once(retentionIsDue: boolean): Promise<void> {
    const { committer, log } = this.#options;
    try {
      const refusing = committer.refusing !== null;
      if (!refusing) await this.#merge();
      if (retentionIsDue || refusing) await retain(this.#options, this.#stop.signal);
      if (refusing) await committer.submit({ bytes: 0, exclusive: true, plan: () => {} });
    } catch (error) {
      if (!this.#stop.signal.aborted)
        log.warn('background work failed and is tried again', { error: messageOf(error) });
    }
  }

  async #merge(): Promise<void> {
    await mergeSmallBlocks(this.#options, this.#stop.signal);
    await mergeSmallPushes(this.#options, this.#stop.signal);
    while (!this.#stop.signal.aborted && (await cleanOldestPacks(this.#options, deadShareMin, this.#stop.signal)));
  }
}
