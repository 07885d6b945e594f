import type { ListedUnit } from './listed-units.ts';
import { UnitQueues } from './unit-queues.ts';

/**
 * What a query has yet to read. Invariant: a unit that was listed and not taken is in `#first`, which are the next ones, or in `#queues`, where
 * their order does not matter; those that `settle` took are nowhere.
 */
export class UnitSupply {
  readonly #listing: Iterator<ListedUnit>;
  readonly #settle: (unit: ListedUnit) => boolean;
  readonly #queues: UnitQueues;
  #first: ListedUnit[] = [];
  #isListed = false;

  /** `settle` says whether a unit need not be read; it is asked once for each. */
  constructor(listing: Iterator<ListedUnit>, slots: number, settle: (unit: ListedUnit) => boolean) {
    this.#listing = listing;
    this.#settle = settle;
    this.#queues = new UnitQueues(slots);
  }

  /** Whether it is known that there is no more. */
  get isDone(): boolean {
    return this.#isListed && this.#first.length === 0 && this.#queues.isEmpty;
  }

  next(): ListedUnit | undefined {
    return this.#queues.take(0) ?? this.#list();
  }

  peek(): ListedUnit | undefined {
    const unit = this.next();
    if (unit !== undefined) this.putBack([unit]);
    return unit;
  }

  /** They are the next ones again. */
  putBack(units: readonly ListedUnit[]): void {
    this.#first = units.concat(this.#first);
  }

  /** Lists into the queues until there are so many bytes of text. */
  queue(textBytes: number): void {
    while (this.#queues.textBytes < textBytes) {
      const unit = this.#list();
      if (unit === undefined) return;
      this.#queues.add(unit);
    }
  }

  /** Of what is queued, for the thread at that place. */
  nextFor(slot: number): ListedUnit | undefined {
    return this.#queues.take(slot);
  }

  /** Whether all that is left has no more bytes of text. */
  isWithin(textBytesMax: number): boolean {
    const looked: ListedUnit[] = [];
    let unit = this.next();
    for (let textBytes = 0; unit !== undefined; unit = this.next()) {
      looked.push(unit);
      textBytes += unit.textBytes;
      if (textBytes > textBytesMax) break;
    }
    this.putBack(looked);
    return unit === undefined;
  }

  #list(): ListedUnit | undefined {
    const first = this.#first.shift();
    if (first !== undefined || this.#isListed) return first;
    for (;;) {
      const { done, value } = this.#listing.next();
      if (done) break;
      if (!this.#settle(value)) return value;
    }
    this.#isListed = true;
    return undefined;
  }
}
