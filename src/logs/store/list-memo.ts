import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Scope } from './store.ts';

/** Rows of all lists together. */
const rowsMax = 20_000;

/**
 * Lists that were made since the catalogue changed last: clients ask the same again and again, and one query lists what another has just
 * listed. Invariant: they hold what they would hold if they were made now. Nobody lists within a transaction.
 */
export class ListMemo {
  readonly #countChanges: StatementSync;
  readonly #lists = new Map<string, readonly unknown[]>();
  #changes = -1;
  #rows = 0;

  constructor(database: DatabaseSync) {
    this.#countChanges = database.prepare('SELECT total_changes() AS changes');
  }

  /** The list belongs to the caller; what is in it does not. */
  get<T>(key: string, make: () => T[]): T[] {
    const changes = this.changes();
    if (changes !== this.#changes) this.#clear();
    this.#changes = changes;
    const known = this.#lists.get(key);
    if (known !== undefined) return known.slice() as T[];
    const made = make();
    const rows = made.length + 1;
    if (rows > rowsMax) return made;
    if (this.#rows + rows > rowsMax) this.#clear();
    this.#lists.set(key, made.slice());
    this.#rows += rows;
    return made;
  }

  /** How often the catalogue has changed. */
  changes(): number {
    return (this.#countChanges.get() as { changes: number }).changes;
  }

  #clear(): void {
    this.#lists.clear();
    this.#rows = 0;
  }
}

/** Of what is listed: a key of its own for each question. */
export function keyOf(what: string, { tenant, namespaces }: Scope, range: object): string {
  return JSON.stringify([what, tenant, namespaces, range], (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
