import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BlockTable } from './block-table.ts';
import { InstanceTable } from './instance-table.ts';
import { PodTable } from './pod-table.ts';
import { PushedTable } from './pushed-table.ts';
import type { Location } from './record.ts';
import { catalogueSchema, catalogueVersion } from './schema.ts';
import { SegmentTable } from './segment-table.ts';

/** Everything in the packs up to here is in the tables. */
export interface Watermark {
  pack: number;
  bytes: number;
  /** Of the last record before it, which lies at `last`: what tells these packs from others. */
  sequence: number;
  last?: Location;
}

/**
 * The index of the packs, in SQLite. Invariant: the tables are exactly what the records up to the watermark make of them;
 * both change in one transaction. It may be lost at any time: the packs are the truth.
 */
export class Catalogue {
  readonly database: DatabaseSync;
  readonly instances: InstanceTable;
  readonly segments: SegmentTable;
  readonly pods: PodTable;
  readonly blocks: BlockTable;
  readonly pushed: PushedTable;
  readonly #setMeta: StatementSync;
  readonly #getMeta: StatementSync;
  #watermark: Watermark;

  private constructor(database: DatabaseSync) {
    this.database = database;
    this.#setMeta = database.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.#getMeta = database.prepare('SELECT value FROM meta WHERE key = ?');
    this.segments = new SegmentTable(database);
    this.pods = new PodTable(database);
    this.blocks = new BlockTable(database);
    this.pushed = new PushedTable(database);
    this.instances = new InstanceTable(database);
    this.#watermark = this.#storedWatermark();
  }

  /** Opens it, or begins an empty one where there is none. Throws where the file is not a sound catalogue of this version. */
  static open(path: string): Catalogue {
    const database = new DatabaseSync(path, { timeout: 5000 });
    try {
      // WAL with NORMAL survives a power loss with an older state, which the watermark makes good.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000');
      database.exec('PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY');
      const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (version === 0) {
        database.exec(`BEGIN; ${catalogueSchema}; PRAGMA user_version = ${catalogueVersion}; COMMIT`);
      } else if (version !== catalogueVersion) throw new Error(`its version is ${version}, not ${catalogueVersion}`);
      const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
      if (check.quick_check !== 'ok') throw new Error(check.quick_check);
      return new Catalogue(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  static remove(path: string): void {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  }

  get watermark(): Watermark {
    return this.#watermark;
  }

  /** Runs `change` and moves the watermark in one transaction. */
  advance(watermark: Watermark, change: () => void): void {
    this.transaction(() => {
      change();
      this.setMeta('watermark', JSON.stringify(watermark));
    });
    this.#watermark = { ...watermark };
  }

  transaction(change: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      change();
      this.segments.flush();
      this.database.exec('COMMIT');
    } catch (error) {
      this.segments.discard();
      this.pushed.discard();
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  meta(key: string): string | undefined {
    return (this.#getMeta.get(key) as { value: string } | undefined)?.value;
  }

  setMeta(key: string, value: string): void {
    this.#setMeta.run(key, value);
  }

  /** Packs up to this one hold lines that were deleted on purpose, and are to be rewritten whatever else they hold. */
  get purgeThrough(): number {
    return Number(this.meta('purgeThrough') ?? 0);
  }

  setPurgeThrough(pack: number): void {
    this.setMeta('purgeThrough', String(pack));
  }

  /** Makes all transactions so far survive a power loss; before packs that they no longer name are removed. */
  sync(): void {
    this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.database.close();
  }

  #storedWatermark(): Watermark {
    const text = this.meta('watermark');
    return text === undefined ? { pack: 0, bytes: 0, sequence: 0 } : (JSON.parse(text) as Watermark);
  }
}
