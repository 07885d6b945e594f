import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from './fault.ts';

/**
 * A lock that one process holds at a time and that ends with it, however it ends.
 * Node has no flock; an exclusive SQLite transaction takes the operating system's own lock on the file.
 */
export interface HeldLock {
  release(): void;
}

const ANOTHER_DIRECTORY = 'stop it first, or give this one a directory of its own with --data-dir';

/** Throws Fault `already-locked`. `what` completes "another process is using …". */
export function takeLock(path: string, what: string, hint = ANOTHER_DIRECTORY): HeldLock {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    const database = opened(path, what, hint);
    // The file goes with the lock; whoever opened it just before that has a lock on a file without a name, and tries again.
    if (database) return { release: () => removeAndClose(path, database) };
  }
}

function opened(path: string, what: string, hint: string): DatabaseSync | undefined {
  closeSync(openSync(path, 'a'));
  const identity = identityOf(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE',
    );
  } catch (error) {
    database.close();
    throw new Fault('already-locked', `another process is using ${what}`, { cause: error, hint });
  }
  // Had the file been replaced before it was opened, or removed before it was locked, it would be another one now.
  if (identity !== undefined && identityOf(path) === identity) return database;
  database.close();
  return undefined;
}

/** Inode numbers are given out again; with the time of birth they are not. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.birthtimeNs}`;
}

function removeAndClose(path: string, database: DatabaseSync): void {
  rmSync(path, { force: true });
  database.close();
}
