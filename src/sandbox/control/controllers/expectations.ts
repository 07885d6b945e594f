import type { Clock } from '../../../base/clock.ts';

/** After this long, an object that was never seen is not waited for any more (it may have come and gone between two lists). */
const WAIT_MS_MAX = 60_000;

/**
 * What a controller has done and its cache does not show yet. Invariant: while an owner has open expectations, its cached objects
 * must not be counted, or the same work would be done twice.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #open = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `what` names one change, as in `created <uid>`. */
  expect(owner: string, what: string): void {
    const open = this.#open.get(owner) ?? new Map<string, number>();
    open.set(what, this.#clock.monotonicMs() + WAIT_MS_MAX);
    this.#open.set(owner, open);
  }

  observe(owner: string, what: string): void {
    const open = this.#open.get(owner);
    open?.delete(what);
    if (open?.size === 0) this.#open.delete(owner);
  }

  forget(owner: string): void {
    this.#open.delete(owner);
  }

  /** Milliseconds until the last open expectation is given up; undefined when there is none. */
  openForMs(owner: string): number | undefined {
    const open = this.#open.get(owner);
    if (!open) return undefined;
    const nowMs = this.#clock.monotonicMs();
    for (const [what, untilMs] of open) if (untilMs <= nowMs) open.delete(what);
    if (open.size > 0) return Math.max(...open.values()) - nowMs;
    this.#open.delete(owner);
    return undefined;
  }
}
