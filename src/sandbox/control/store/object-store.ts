import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Fault } from '../../../base/fault.ts';
import { type HeldLock, takeLock } from '../../../base/lock.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type Change, WatchWindow, type WindowLimits } from '../../../kubernetes/serve/serve.ts';

const formatVersion = 1;
/** Of the database file; a write beyond it is refused as on a full disk. */
export const storeBytesMax = 2 * 1024 * 1024 * 1024;
const pageBytes = 4096;
const tables = `
  CREATE TABLE objects (
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)
  ) WITHOUT ROWID;
  CREATE TABLE counter (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL);
  INSERT INTO counter VALUES (1, 1);
  PRAGMA user_version = ${formatVersion};`;

export interface ObjectName {
  namespace: string;
  name: string;
}

/**
 * The objects of the API on disk. Every write takes the next resource version, is durable when it returns, and appears
 * exactly once, in that order, in its resource's window. `resource` is `group/plural`.
 */
export class ObjectStore {
  readonly #database: DatabaseSync;
  readonly #lock: HeldLock;
  readonly #limits: WindowLimits;
  readonly #windows = new Map<string, WatchWindow>();
  readonly #statements: Statements;
  readonly #startVersion: number;
  #version: number;
  /** Changes of the transaction under way; told when it is committed. */
  #pending: { resource: string; change: Change }[] | undefined;

  /** Throws Fault `already-locked` or `newer-format`. */
  constructor(directory: string, limits: WindowLimits) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#lock = takeLock(join(directory, 'lock'), `the control plane's directory ${directory}`);
    try {
      this.#database = openDatabase(join(directory, 'objects.db'));
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.#limits = limits;
    this.#statements = prepare(this.#database);
    this.#version = Number((this.#statements.version.get() as { version: number }).version);
    this.#startVersion = this.#version;
  }

  /** The resource version of the newest write. */
  get version(): number {
    return this.#version;
  }

  /** What changed lately; changes from before the start are not known. */
  window(resource: string): WatchWindow {
    let window = this.#windows.get(resource);
    if (!window) {
      window = new WatchWindow(this.#startVersion, this.#limits);
      this.#windows.set(resource, window);
    }
    return window;
  }

  /** The caller's own copy. */
  read(resource: string, { namespace, name }: ObjectName): KubeObject | undefined {
    const row = this.#statements.read.get(resource, namespace, name) as { body: string } | undefined;
    return row && (JSON.parse(row.body) as KubeObject);
  }

  /** In the order of namespace and name, beginning after `after`. An empty namespace means all. Nothing may be written meanwhile. */
  *scan(resource: string, namespace: string, after: ObjectName = { namespace: '', name: '' }): Generator<KubeObject> {
    const rows =
      namespace === ''
        ? this.#statements.scanAll.iterate(resource, after.namespace, after.name)
        : this.#statements.scanOne.iterate(resource, namespace, after.namespace === namespace ? after.name : '');
    for (const row of rows) yield JSON.parse((row as { body: string }).body) as KubeObject;
  }

  /** Creates or replaces; returns the object with its new resource version. `previous` is what is being replaced. */
  write(resource: string, object: KubeObject, previous: KubeObject | undefined): KubeObject {
    return this.atomically(() => {
      const written = this.#versioned(object);
      const body = JSON.stringify(written);
      const { namespace = '', name } = written.metadata;
      this.#statements.write.run(resource, namespace, name, body);
      this.#note(resource, previous ? 'MODIFIED' : 'ADDED', JSON.parse(body) as KubeObject, previous, body.length);
      return written;
    });
  }

  /** Returns the last state, with the resource version of its removal. */
  remove(resource: string, object: KubeObject): KubeObject {
    return this.atomically(() => {
      const removed = this.#versioned(object);
      const { namespace = '', name } = removed.metadata;
      this.#statements.remove.run(resource, namespace, name);
      this.#note(resource, 'DELETED', structuredClone(removed), object, JSON.stringify(removed).length);
      return removed;
    });
  }

  /** All writes within happen, or none. Watchers hear of them afterwards. */
  atomically<T>(work: () => T): T {
    if (this.#pending) return work();
    const versionBefore = this.#version;
    this.#pending = [];
    let changes: { resource: string; change: Change }[];
    let result: T;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      result = work();
      if (this.#version !== versionBefore) this.#statements.setVersion.run(this.#version);
      this.#database.exec('COMMIT');
      changes = this.#pending;
    } catch (error) {
      this.#version = versionBefore;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw diskFaultOf(error);
    } finally {
      this.#pending = undefined;
    }
    for (const { resource, change } of changes) this.window(resource).append(change);
    return result;
  }

  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  close(): void {
    this.#database.close();
    this.#lock.release();
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version++;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #note(
    resource: string,
    type: Change['type'],
    object: KubeObject,
    previous: KubeObject | undefined,
    bytes: number,
  ): void {
    const change = { type, resourceVersion: this.#version, object, previous, bytes: 2 * bytes };
    this.#pending!.push({ resource, change });
  }
}

interface Statements {
  version: StatementSync;
  setVersion: StatementSync;
  read: StatementSync;
  scanAll: StatementSync;
  scanOne: StatementSync;
  write: StatementSync;
  remove: StatementSync;
}

function prepare(database: DatabaseSync): Statements {
  const select = 'SELECT body FROM objects WHERE resource = ?';
  return {
    version: database.prepare('SELECT version FROM counter'),
    setVersion: database.prepare('UPDATE counter SET version = ?'),
    read: database.prepare(`${select} AND namespace = ? AND name = ?`),
    scanAll: database.prepare(`${select} AND (namespace, name) > (?, ?) ORDER BY namespace, name`),
    scanOne: database.prepare(`${select} AND namespace = ? AND name > ? ORDER BY name`),
    write: database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)'),
    remove: database.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?'),
  };
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    const { user_version: found } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (found > formatVersion)
      throw new Fault('newer-format', `${path} has format ${found}; this version reads up to ${formatVersion}`);
    database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
    database.exec(`PRAGMA max_page_count = ${Math.floor(storeBytesMax / pageBytes)}; PRAGMA busy_timeout = 0`);
    if (found === 0) database.exec(`BEGIN; ${tables} COMMIT`);
    return database;
  } catch (error) {
    database.close();
    throw corruptionOf(error, path);
  }
}

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

function corruptionOf(error: unknown, path: string): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (code !== sqliteCorrupt && code !== sqliteNotADatabase) return error;
  return new Fault('corrupt', `${path} is not a database that can be read`, { cause: error });
}

const sqliteFull = 13;

function diskFaultOf(error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined || (code & 0xff) !== sqliteFull) return error;
  return new Fault('disk-full', 'the disk of the control plane has no room', { cause: error });
}
