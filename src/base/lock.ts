import { mkdirSync } from 'node:fs';
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

/** Throws Fault `already-locked`. `what` completes "another process is using …". */
export function takeLock(path: string, what: string): HeldLock {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  try {
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE',
    );
  } catch (error) {
    database.close();
    throw new Fault('already-locked', `another process is using ${what}`, {
      cause: error,
      hint: 'stop it first, or give this one a directory of its own with --data-dir',
    });
  }
  return { release: () => database.close() };
}
