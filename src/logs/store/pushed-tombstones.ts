import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Location } from './record.ts';

/** A pushed stream that was deleted on purpose. */
export interface Tombstone {
  id: string;
  tenant: string;
  /** Time of the latest line that was deleted. */
  through: bigint;
  sequence: number;
  deletedMs: number;
}

/** The table of tombstones. Invariant: `#buried`, once it was asked for, has the ids of all of them. */
export class PushedTombstones {
  readonly #ids: StatementSync;
  readonly #get: StatementSync;
  readonly #upTo: StatementSync;
  readonly #old: StatementSync;
  readonly #add: StatementSync;
  readonly #forget: StatementSync;
  #buried: Set<string> | undefined;

  constructor(database: DatabaseSync) {
    const select = (rest: string) => {
      const statement = database.prepare(
        `SELECT id, tenant, through, sequence, deleted_ms FROM pushed_tombstones WHERE ${rest}`,
      );
      statement.setReadBigInts(true);
      return statement;
    };
    this.#ids = database.prepare('SELECT id FROM pushed_tombstones');
    this.#get = select('id = ?');
    this.#upTo = select('pack <= ? LIMIT ?');
    this.#old = select('deleted_ms < ? LIMIT ?');
    this.#add = database.prepare(
      `INSERT INTO pushed_tombstones (id, tenant, through, sequence, deleted_ms, pack, pack_bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET through = max(through, excluded.through), sequence = max(sequence, excluded.sequence),
         deleted_ms = max(deleted_ms, excluded.deleted_ms), pack = excluded.pack, pack_bytes = excluded.pack_bytes`,
    );
    this.#forget = database.prepare('DELETE FROM pushed_tombstones WHERE id = ?');
  }

  /** The transaction was rolled back. */
  discard(): void {
    this.#buried = undefined;
  }

  add({ id, tenant, through, sequence, deletedMs }: Tombstone, location: Location): void {
    this.#buried?.add(id);
    this.#add.run(id, tenant, through, sequence, deletedMs, location.pack, location.bytes);
  }

  /** Every push asks for each of its streams, and few are buried. */
  get(id: string): Tombstone | undefined {
    this.#buried ??= new Set(this.#ids.all().map((row) => row.id as string));
    return this.#buried.has(id) ? tombstoneOf(this.#get.get(id)!) : undefined;
  }

  upTo(pack: number, limit: number): Tombstone[] {
    return this.#upTo.all(pack, limit).map(tombstoneOf);
  }

  old(deletedBeforeMs: number, limit: number): Tombstone[] {
    return this.#old.all(deletedBeforeMs, limit).map(tombstoneOf);
  }

  forget(id: string): void {
    this.#buried?.delete(id);
    this.#forget.run(id);
  }
}

function tombstoneOf(row: Record<string, unknown>): Tombstone {
  return {
    id: row.id as string,
    tenant: row.tenant as string,
    through: row.through as bigint,
    sequence: Number(row.sequence),
    deletedMs: Number(row.deleted_ms),
  };
}
