import type { Clock } from '../../../base/clock.ts';
import { QueryStoppedError } from '../../query/query.ts';

/** Why nothing waits any more; making an error each time would cost more than the rest. */
const cleared = new Error('the query is over');

/** Ends a query at its time limit, or with any of the signals, and knows which it was. */
export class Deadline {
  readonly #clock: Clock;
  readonly #atMs: number;
  readonly #stopped = new AbortController();
  readonly #cleared = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #stop = () => this.#stopped.abort();
  #isLate = false;

  constructor(clock: Clock, timeoutMs: number, signals: AbortSignal[]) {
    this.#clock = clock;
    this.#atMs = clock.monotonicMs() + timeoutMs;
    // Not AbortSignal.any, whose bookkeeping is dear for a query of a millisecond.
    this.#signals = signals;
    for (const signal of signals) {
      if (signal.aborted) this.#stop();
      else signal.addEventListener('abort', this.#stop, { once: true });
    }
    clock.sleep(timeoutMs, this.#cleared.signal).then(
      () => {
        this.#isLate = !this.signal.aborted;
        this.#stop();
      },
      () => {},
    );
  }

  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  leftMs(): number {
    return this.#atMs - this.#clock.monotonicMs();
  }

  clear(): void {
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#stop);
    this.#cleared.abort(cleared);
  }

  /** What was stopped because it was late was not cancelled by anybody. */
  reasonFor(error: unknown): unknown {
    return error instanceof QueryStoppedError && this.#isLate ? new QueryStoppedError('timeout') : error;
  }
}
