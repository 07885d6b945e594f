import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Fault } from '../../base/fault.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { InstanceId, InstanceKey, SegmentName } from '../batch/batch.ts';

/** A segment as it was when we last looked. */
export interface KnownSegment {
  name: SegmentName;
  size: number;
  /** The first byte that was not acknowledged. */
  missingFrom: number;
  done: boolean;
}

/** What is remembered of an instance. The server's coverage is the truth; this says what only somebody who watched can know. */
export interface KnownInstance {
  directoryId: string;
  key: InstanceKey;
  id: InstanceId;
  /** Oldest first. */
  segments: KnownSegment[];
  /** The server was told that nothing more will come. */
  ended: boolean;
}

const VERSION = 1;
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -256;
  CREATE TABLE IF NOT EXISTS instance (
    directory_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    known TEXT NOT NULL,
    PRIMARY KEY (directory_id, attempt)
  ) WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;

/** The agent's state on disk. It may be lost at any time: then gaps that only it could notice go unnoticed, nothing else. */
export class AgentState {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  /** A damaged file is put aside: what it held can be asked of the server. Throws Fault `newer-format`. */
  constructor(path: string, log: Logger) {
    this.#database = openDatabase(path, log);
    this.#put = this.#database.prepare('INSERT OR REPLACE INTO instance VALUES (?, ?, ?)');
    this.#remove = this.#database.prepare('DELETE FROM instance WHERE directory_id = ? AND attempt = ?');
  }

  load(): KnownInstance[] {
    const rows = this.#database.prepare('SELECT known FROM instance').all() as { known: string }[];
    return rows.map(({ known }) => JSON.parse(known) as KnownInstance);
  }

  save(instances: readonly KnownInstance[]): void {
    this.#database.exec('BEGIN');
    for (const known of instances) this.#put.run(known.directoryId, known.key.attempt, JSON.stringify(known));
    this.#database.exec('COMMIT');
  }

  remove({ directoryId, key }: Pick<KnownInstance, 'directoryId' | 'key'>): void {
    this.#remove.run(directoryId, key.attempt);
  }

  close(): void {
    this.#database.close();
  }
}

function openDatabase(path: string, log: Logger): DatabaseSync {
  try {
    return opened(path);
  } catch (error) {
    if (error instanceof Fault) throw error;
    log.error("the agent's state is damaged; it is put aside", { path, error: String(error) });
    renameSync(path, `${path}.damaged`);
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    return opened(path);
  }
}

function opened(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (row.user_version > VERSION) {
      throw new Fault('newer-format', `${path} has version ${row.user_version}; this build reads up to ${VERSION}`);
    }
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
