import type { Clock } from '../base/clock.ts';

/** What a loop does between its turns: nothing, until its time has come or somebody has something to do for it. */
export class Rest {
  readonly #clock: Clock;
  readonly #restMsMin: number;
  #earliestMs = 0;
  #endMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #resolve: (() => void) | null = null;

  /** `restMsMin`: however much is told, the loop turns no more often. */
  constructor(clock: Clock, restMsMin: number) {
    this.#clock = clock;
    this.#restMsMin = restMsMin;
  }

  /** Resolves at that time of the monotonic clock, or earlier if it is ended. */
  async until(endMs: number): Promise<void> {
    this.#earliestMs = this.#clock.monotonicMs() + this.#restMsMin;
    this.#endMs = Math.max(endMs, this.#earliestMs);
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(resolve, this.#msUntil(this.#endMs));
    });
    this.#resolve = null;
    this.#endMs = Number.NEGATIVE_INFINITY;
  }

  /** At once. */
  end(): void {
    if (!this.#resolve) return;
    clearTimeout(this.#timer);
    setImmediate(this.#resolve);
  }

  /** As soon as it has lasted `restMsMin`. */
  endSoon(): void {
    if (!this.#resolve) return;
    const endMs = Math.max(this.#earliestMs, this.#clock.monotonicMs());
    if (endMs >= this.#endMs) return;
    this.#endMs = endMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resolve, this.#msUntil(endMs));
  }

  #msUntil(timeMs: number): number {
    return Math.max(0, timeMs - this.#clock.monotonicMs());
  }
}
