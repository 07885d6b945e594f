import type { Clock } from '../../../base/clock.ts';

/** Rings once at the earliest of all the times that were asked for since it last rang. */
export class Alarm {
  #clock: Clock;
  #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  ringIn(delayMs: number): void {
    const waitMs = Math.max(0, delayMs);
    const dueMs = this.#clock.monotonicMs() + waitMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#ring();
    }, waitMs);
  }

  /** For good: nothing that is asked for afterwards rings. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#dueMs = Number.NEGATIVE_INFINITY;
  }
}
