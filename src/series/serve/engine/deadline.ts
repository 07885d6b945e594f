import type { Clock } from '../../../base/clock.ts';
import { QueryStoppedError } from '../../query/query.ts';

/** Ends a query at its time limit, or with any of the signals, and knows which it was. */
export class Deadline {
  readonly #clock: Clock;
  readonly #atMs: number;
  readonly #late = new AbortController();
  readonly #cleared = new AbortController();
  readonly signal: AbortSignal;

  constructor(clock: Clock, timeoutMs: number, signals: AbortSignal[]) {
    this.#clock = clock;
    this.#atMs = clock.monotonicMs() + timeoutMs;
    this.signal = AbortSignal.any([this.#late.signal, ...signals]);
    clock.sleep(timeoutMs, this.#cleared.signal).then(
      () => this.#late.abort(),
      () => {},
    );
  }

  leftMs(): number {
    return this.#atMs - this.#clock.monotonicMs();
  }

  clear(): void {
    this.#cleared.abort();
  }

  /** What was stopped because it was late was not cancelled by anybody. */
  reasonFor(error: unknown): unknown {
    return error instanceof QueryStoppedError && this.#late.signal.aborted ? new QueryStoppedError('timeout') : error;
  }
}
