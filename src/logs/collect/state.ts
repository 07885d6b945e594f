import { DatabaseSync, type StatementSync } from 'node:sqlite';
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

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS instance (
    directory_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    known TEXT NOT NULL,
    PRIMARY KEY (directory_id, attempt)
  ) WITHOUT ROWID;
`;

/** The agent's state on disk. It may be lost at any time: then gaps that only it could notice go unnoticed, nothing else. */
export class AgentState {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(SCHEMA);
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
