import type { PodMetrics } from '../resources.ts';
import { PodView, type PodWindow } from '../window/window.ts';
import type { PodDirectory } from './pod-directory.ts';

/** Pods whose figures the processor fetches at once; they are still at hand when they are read. */
const podsAhead = 16;

/**
 * Pods that are served, one after the other. A list has tens of thousands: going through them by a generator would take as long as reading them.
 * Invariant: what is left are pods of `#of` from `#at` on, and of the namespaces from `#next` on.
 */
export class PodList implements IterableIterator<PodMetrics, undefined> {
  readonly #pods: PodDirectory;
  readonly #namespaces: readonly string[];
  readonly #read: (pod: PodWindow, view: PodView) => boolean;
  readonly #view = new PodView();
  readonly #result = { done: false as const, value: this.#view };
  /** Nobody needs it; but what is computed for nothing is not computed. */
  fetched = 0;
  #next = 0;
  #of: readonly PodWindow[] = [];
  #at = 0;

  constructor(pods: PodDirectory, namespaces: readonly string[], read: (pod: PodWindow, view: PodView) => boolean) {
    this.#pods = pods;
    this.#namespaces = namespaces;
    this.#read = read;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<PodMetrics, undefined> {
    for (;;) {
      while (this.#at < this.#of.length) {
        if (this.#at % podsAhead === 0) this.#fetch();
        if (this.#read(this.#of[this.#at++]!, this.#view)) return this.#result;
      }
      if (this.#next === this.#namespaces.length) return { done: true, value: undefined };
      this.#of = this.#pods.of(this.#namespaces[this.#next++]!);
      this.#at = 0;
    }
  }

  /** One pod's figures are far from the next one's. To wait for several at a time takes a sixth off a list. */
  #fetch(): void {
    const end = Math.min(this.#at + podsAhead, this.#of.length);
    let fetched = 0;
    for (let at = this.#at; at < end; at++) fetched += this.#of[at]!.fetch();
    this.fetched = fetched;
  }
}
