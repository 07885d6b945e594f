import type { CollectSettings } from './settings.ts';

/** Files that have grown are looked at often for so many times. */
const ACTIVE_POLLS = 50;

/**
 * When the files of one instance are looked at next.
 * Invariant: writes that are told, however many, bring the next look no nearer than `pollActiveMs` to the one before.
 */
export class PollPlan {
  readonly #pollActiveMs: number;
  readonly #files: { readonly grewAtMs: number };
  /** Infinity where nothing comes of looking before something is told. */
  nextMs = 0;
  #polledAtMs = Number.NEGATIVE_INFINITY;

  constructor({ pollActiveMs }: CollectSettings, files: { readonly grewAtMs: number }) {
    this.#pollActiveMs = pollActiveMs;
    this.#files = files;
  }

  /** They are being looked at. */
  polled(now: number): void {
    this.#polledAtMs = now;
  }

  /** They are others than before, or will not grow any more. */
  atOnce(): void {
    this.nextMs = 0;
  }

  /** One of them may have been written to. */
  written(now: number): void {
    this.nextMs = Math.min(this.nextMs, Math.max(now, this.#polledAtMs + this.#pollActiveMs));
  }

  /** One of them grew lately. */
  isActive(now: number): boolean {
    return now - this.#files.grewAtMs < ACTIVE_POLLS * this.#pollActiveMs;
  }

  /** The look that was just taken found that one has grown. */
  hasFoundGrowth(): boolean {
    return this.#files.grewAtMs === this.#polledAtMs;
  }
}
