import type { Clock } from '../../../base/clock.ts';

/** Answers that are asked for once and hold for a while. Invariant: never more than `entriesMax`; the oldest goes first. */
export class ExpiringAnswers<T> {
  #entries = new Map<string, { answer: Promise<T>; untilMs: number }>();
  #clock: Clock;
  #entriesMax: number;

  constructor(clock: Clock, entriesMax: number) {
    this.#clock = clock;
    this.#entriesMax = entriesMax;
  }

  /** A question that failed is asked again the next time. `holdsMs` says how long an answer does. */
  get(key: string, ask: () => Promise<T>, holdsMs: (answer: T) => number): Promise<T> {
    const held = this.#entries.get(key);
    if (held && held.untilMs > this.#clock.monotonicMs()) return held.answer;
    this.#entries.delete(key);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= this.#entriesMax && !oldest.done) this.#entries.delete(oldest.value);
    const entry = { answer: ask(), untilMs: Number.POSITIVE_INFINITY };
    this.#entries.set(key, entry);
    entry.answer.then(
      (answer) => {
        entry.untilMs = this.#clock.monotonicMs() + holdsMs(answer);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry.answer;
  }
}
