import { watch } from 'node:fs';
import type { Logger } from '../../telemetry/telemetry.ts';

/** `change`: a file in the directory was written to; `rename`: one came or went. The name may be missing. */
export type OnWatchEvent = (type: 'rename' | 'change', name: string | null) => void;

export interface Watch {
  close(): void;
}

/** Throws what the kernel says. */
export type OpenWatch = (path: string, onEvent: OnWatchEvent) => Watch;

export const openWatch: OpenWatch = (path, onEvent) => {
  const watcher = watch(path, { persistent: false }, onEvent);
  // What it has not told is found by looking.
  watcher.on('error', () => onEvent('rename', null));
  return watcher;
};

/** How long no watch is asked for after the kernel had none left. */
const EXHAUSTED_MS = 60_000;

/**
 * Where watches on directories come from. The kernel has so many for each user (fs.inotify.max_user_watches); once they are used up,
 * directories are looked at by time.
 */
export class Watches {
  readonly #open: OpenWatch;
  readonly #log: Logger;
  #exhaustedUntilMs = 0;
  #isSaid = false;

  constructor(open: OpenWatch, log: Logger) {
    this.#open = open;
    this.#log = log;
  }

  /** Null where there is none left. Throws what else is in the way, such as a directory that is gone. */
  open(path: string, now: number, onEvent: OnWatchEvent): Watch | null {
    if (now < this.#exhaustedUntilMs) return null;
    try {
      return this.#open(path, onEvent);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EMFILE') throw error;
      this.#exhaustedUntilMs = now + EXHAUSTED_MS;
      this.#say(code);
      return null;
    }
  }

  #say(code: string): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const sysctl = code === 'ENOSPC' ? 'fs.inotify.max_user_watches' : 'fs.inotify.max_user_instances';
    this.#log.warn('the kernel has no watch left for log directories; they are looked at by time', { code, sysctl });
  }
}
