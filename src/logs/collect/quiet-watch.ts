import type { OnWatchEvent, Watch, Watches } from './watches.ts';

/** A directory with more events a second than this is cheaper to look at than to hear from. */
const EVENTS_MAX = 10;
const EVENTS_WINDOW_MS = 1000;
/** So often a look may find what no event told. */
const MISSED_MAX = 2;
/** How long a directory that does not tell is left unwatched. */
const DEAF_MS = 10 * 60_000;

/**
 * The watch on a container's directory while its files are quiet.
 * Invariant: while it is open, what is written there is told, or found by the looks that go on slowly. Where they find it
 * and nothing was told (a link to a file elsewhere, a file system of another machine), it is closed.
 */
export class QuietWatch {
  readonly #watches: Watches;
  readonly #onEvent: OnWatchEvent;
  readonly #monotonicMs: () => number;
  #watch: Watch | null = null;
  #notBeforeMs = 0;
  #events = 0;
  #windowEndMs = 0;
  #hasTold = false;
  #missed = 0;

  constructor(watches: Watches, monotonicMs: () => number, onEvent: OnWatchEvent) {
    this.#watches = watches;
    this.#monotonicMs = monotonicMs;
    this.#onEvent = onEvent;
  }

  get isOpen(): boolean {
    return this.#watch !== null;
  }

  /** False where it cannot or should not be watched now. Throws what is in the way of the directory. */
  open(path: string, now: number): boolean {
    if (this.#watch) return true;
    if (now < this.#notBeforeMs) return false;
    this.#hasTold = true;
    this.#watch = this.#watches.open(path, now, (type, name) => this.#hear(type, name));
    return this.#watch !== null;
  }

  close(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  /** A look, some time after the one before, has found growth or none. */
  looked(hasGrown: boolean, now: number): void {
    if (this.#hasTold) this.#missed = 0;
    // One may be on its way.
    else if (hasGrown && ++this.#missed >= MISSED_MAX) {
      this.#missed = 0;
      this.#notBeforeMs = now + DEAF_MS;
      this.close();
    }
    this.#hasTold = false;
  }

  #hear(type: 'rename' | 'change', name: string | null): void {
    if (!this.#watch) return;
    this.#hasTold = true;
    const now = this.#monotonicMs();
    if (now >= this.#windowEndMs) {
      this.#windowEndMs = now + EVENTS_WINDOW_MS;
      this.#events = 0;
    }
    if (++this.#events > EVENTS_MAX) {
      this.#notBeforeMs = this.#windowEndMs;
      this.close();
    }
    this.#onEvent(type, name);
  }
}
