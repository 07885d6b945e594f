import type { Clock } from '../../../base/clock.ts';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { Block } from '../block/block.ts';
import type { HeadWindow } from '../head/head-window.ts';
import type { TenantHead } from '../head/tenant-head.ts';
import type { Heads } from '../heads.ts';
import type { SeriesStoreSettings } from '../settings.ts';
import { type CutOptions, closeWindow, cutWindow } from './cut.ts';
import { planCompaction } from './plan-compaction.ts';
import { expiredBlocks } from './retention.ts';

const intervalMs = 15_000;
/** A window that nobody has written to for so long is cut, though its tenant has no newer samples. */
const idleMs = 3_600_000;

export interface MaintenanceOptions extends CutOptions {
  heads: Heads;
  settings: SeriesStoreSettings;
  clock: Clock;
  log: Logger;
  walBytes: () => number;
}

/**
 * Cuts windows into blocks, compacts blocks, drops what is too old or too much. Invariant: one piece of this work, or a deletion, is under
 * way at a time.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #ending = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #failing: string | null = null;
  #loop: Promise<void> | undefined;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#ending.signal.aborted) {
      await clock.sleep(intervalMs, this.#ending.signal).catch(() => {});
      if (!this.#ending.signal.aborted) await this.#tidyAndReport();
    }
  }

  async #tidyAndReport(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.tidy();
      if (this.#failing !== null) log.info('blocks of series are written again', { was: this.#failing });
      this.#failing = null;
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      const message = messageOf(error);
      if (message !== this.#failing) log.error('blocks of series could not be written', { error: message });
      this.#failing = message;
    }
  }

  /** Runs something while no block is written and none removed. */
  exclusively<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => {});
    return result;
  }

  /** All that is to be done now. */
  tidy(): Promise<void> {
    return this.exclusively(async () => {
      const { heads, blocks, tombstones } = this.#options;
      await this.#expire();
      for (const head of heads.byTenant.values()) await this.#cut(head);
      while (await this.#compactOnce());
      await tombstones.forget(blocks.all.map(({ meta }) => meta));
      await this.#expire();
    });
  }

  /** Cuts what is finished of one tenant, so that its head can take other stretches of time. */
  cut(head: TenantHead): Promise<void> {
    return this.exclusively(() => this.#cut(head));
  }

  /** Only within `exclusively`. */
  cutClosed(head: TenantHead, window: HeadWindow): Promise<void> {
    return cutWindow(this.#options, head, window);
  }

  async #cut(head: TenantHead): Promise<void> {
    for (const window of [...head.closing]) await this.cutClosed(head, window);
    const finished = [...head.windows.values()].filter((window) => this.#isFinished(head, window));
    for (const window of finished.sort((a, b) => a.startMs - b.startMs)) {
      await closeWindow(this.#options, head, window);
      await cutWindow(this.#options, head, window);
    }
    await this.#sweep(head, finished.length > 0);
  }

  async #sweep(head: TenantHead, now: boolean): Promise<void> {
    const { clock, committer, heads, blocks } = this.#options;
    const monotonicMs = clock.monotonicMs();
    if (!now && monotonicMs - head.sweptMs < idleMs) return;
    head.sweptMs = monotonicMs;
    await committer.alone(() => {
      head.sweep();
      const empty = head.series === 0 && head.windows.size === 0 && head.closing.length === 0;
      if (empty && blocks.of(head.tenant).length === 0) heads.byTenant.delete(head.tenant);
    });
  }

  #isFinished(head: TenantHead, window: HeadWindow): boolean {
    const { clock, settings } = this.#options;
    const nowMs = clock.nowMs();
    if (window.endMs + settings.outOfOrderWindowMs <= Math.min(head.maxMs, nowMs)) return true;
    const idle = clock.monotonicMs() - window.writtenMs > idleMs;
    return idle && (window.endMs <= nowMs || window.startMs > nowMs + settings.futureMsMax);
  }

  async #compactOnce(): Promise<boolean> {
    const { heads, blocks, tombstones } = this.#options;
    for (const tenant of new Set(blocks.all.map(({ meta }) => meta.tenant))) {
      const open = [...(heads.byTenant.get(tenant)?.windows.keys() ?? [])];
      const inputs = planCompaction(blocks.of(tenant), tombstones, Math.min(Number.POSITIVE_INFINITY, ...open));
      if (inputs && (await this.#compact(tenant, inputs))) return true;
    }
    return false;
  }

  /** False where an input was found damaged: it is left out from now on. */
  async #compact(tenant: string, inputs: readonly Block[]): Promise<boolean> {
    const { blocks, tombstones, runner } = this.#options;
    const number = blocks.nextNumber();
    const deletionsApplied = tombstones.last;
    try {
      await runner.run({
        kind: 'compact',
        path: blocks.draftPath(number),
        directory: blocks.directory,
        origin: {
          tenant,
          order: Math.min(...inputs.map(({ meta }) => meta.order)),
          walNumbers: [],
          replaces: inputs.map((block) => block.number),
          deletionsApplied,
        },
        inputs: inputs.map((block) => {
          return { number: block.number, tombstones: tombstones.of(block.meta).map(({ record }) => record) };
        }),
      });
      const block = await blocks.adopt(number);
      // No read comes between these two: `remove` takes the inputs out of the set before it waits for anything.
      blocks.add(block);
      await blocks.remove(inputs);
      if (block.meta.series === 0) await blocks.remove([block]);
      return true;
    } catch (error) {
      await blocks.discardDraft(number);
      const damaged = inputs.find(({ path }) => messageOf(error).includes(path));
      if (!(error instanceof Fault) || error.code !== 'corrupt' || !damaged) throw error;
      await blocks.refuse(damaged, error);
      return true;
    }
  }

  async #expire(): Promise<void> {
    const { blocks, settings, clock, walBytes } = this.#options;
    await blocks.remove(expiredBlocks(blocks.all, settings.retention, clock.nowMs(), blocks.bytes + walBytes()));
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error('the store is closed'));
    await this.#options.runner.close();
    await this.#loop;
    await this.#last;
  }
}
