import { type BackoffOptions, backoffMs } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';

/** A key that is due later comes back early, sees that it is, and waits on: timers hold no more than some weeks. */
const DELAY_MS_MAX = 3600_000;
const backoff: BackoffOptions = { initialMs: 20, delayMsMax: 30_000 };

export interface WorkQueueOptions {
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Keys of objects that need a look. A key waits at most once however often it is added, is worked on by one worker at a time, and
 * comes back with backoff when the work failed: so what is waiting is bounded by the number of objects.
 */
export class WorkQueue {
  readonly #sync: (key: string) => Promise<void>;
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** When a delayed key comes due, by the monotonic clock; the earliest wish wins. */
  readonly #due = new Map<string, number>();
  #wake = Promise.withResolvers<void>();

  constructor(sync: (key: string) => Promise<void>, options: WorkQueueOptions) {
    this.#sync = sync;
    this.#options = options;
  }

  add(key: string): void {
    this.#waiting.add(key);
    this.#wake.resolve();
  }

  addAfter(key: string, wantedMs: number): void {
    const delayMs = Math.min(wantedMs, DELAY_MS_MAX);
    const { clock, signal } = this.#options;
    const dueMs = clock.monotonicMs() + delayMs;
    const before = this.#due.get(key);
    if (before !== undefined && before <= dueMs) return;
    this.#due.set(key, dueMs);
    const onDue = () => {
      if (this.#due.get(key) !== dueMs) return;
      this.#due.delete(key);
      this.add(key);
    };
    clock.sleep(delayMs, signal).then(onDue, () => {});
  }

  /** Works until the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = () => this.#wake.resolve();
    signal.addEventListener('abort', stop, { once: true });
    while (!signal.aborted) {
      const [key] = this.#waiting;
      if (key === undefined) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        continue;
      }
      this.#waiting.delete(key);
      await this.#work(key);
    }
    signal.removeEventListener('abort', stop);
  }

  async #work(key: string): Promise<void> {
    const { log, signal } = this.#options;
    try {
      await this.#sync(key);
      this.#failures.delete(key);
    } catch (error) {
      if (signal.aborted) return;
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      // A conflict only means that the cache was behind.
      const isStale = isApiError(error, 409) || isApiError(error, 404);
      log[isStale ? 'debug' : 'warn']('will be tried again', { key, failures: failures + 1, error: String(error) });
      this.addAfter(key, backoffMs(failures, backoff));
    }
  }
}
