import type { SelectRequest } from '../../../query/query.ts';
import type { Instance, LogStore, ReadRange } from '../../../store/store.ts';
import type { ListedUnit } from './listed-units.ts';

/** Parts of blocks of all lists together. */
const partsMax = 20_000;

/** What a query has to read, and the instances that it is of. */
export interface Listing {
  instances: readonly Instance[];
  units: readonly ListedUnit[];
}

/**
 * What queries had to read since the store changed last: clients ask of the same streams and times again and again, for other lines or
 * other figures. Invariant: it holds what would be listed if it were listed now, and at most `partsMax` parts. Nobody changes what was listed.
 */
export class UnitMemo {
  readonly #store: LogStore;
  readonly #lists = new Map<string, Listing>();
  #revision = '';
  #parts = 0;

  constructor(store: LogStore) {
    this.#store = store;
  }

  get(key: string): Listing | undefined {
    const revision = this.#store.revision();
    if (revision !== this.#revision) this.#clear();
    this.#revision = revision;
    return this.#lists.get(key);
  }

  /** Behind a `get`: goes through what is listed bit by bit, and keeps it if all of it is asked for while the store stays as it was. */
  *noting(key: string, instances: readonly Instance[], listed: Iterable<ListedUnit>): Generator<ListedUnit> {
    const revision = this.#revision;
    const units: ListedUnit[] = [];
    let parts = 0;
    for (const unit of listed) {
      parts += 1 + unit.parts.length;
      if (parts <= partsMax) units.push(unit);
      else units.length = 0;
      yield unit;
    }
    if (parts <= partsMax && revision === this.#store.revision()) this.#keep(revision, key, { instances, units });
  }

  /** Behind a `get`: keeps what was listed at once. */
  note(key: string, listing: Listing): void {
    this.#keep(this.#revision, key, listing);
  }

  #keep(revision: string, key: string, listing: Listing): void {
    const parts = listing.units.reduce((sum, unit) => sum + 1 + unit.parts.length, 1);
    if (parts > partsMax || revision !== this.#revision || this.#lists.has(key)) return;
    if (this.#parts + parts > partsMax) this.#clear();
    this.#lists.set(key, listing);
    this.#parts += parts;
  }

  #clear(): void {
    this.#lists.clear();
    this.#parts = 0;
  }
}

const memos = new WeakMap<LogStore, UnitMemo>();

/** The one of a store. */
export function unitMemoOf(store: LogStore): UnitMemo {
  let memo = memos.get(store);
  if (memo === undefined) memos.set(store, (memo = new UnitMemo(store)));
  return memo;
}

/** All that decides what is listed. */
export function listingKey(
  { scope, matchers, sinceNs, untilNs, direction, hints }: SelectRequest,
  { throughSequence }: Pick<ReadRange, 'throughSequence'>,
): string {
  const order = hints.linesWanted === undefined ? '' : direction;
  return JSON.stringify([scope.tenant, scope.namespaces, matchers, `${sinceNs} ${untilNs}`, throughSequence, order]);
}
