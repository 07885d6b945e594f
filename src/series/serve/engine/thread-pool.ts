import type { Clock } from '../../../base/clock.ts';
import { QueryThread } from './query-thread.ts';

interface Idle {
  thread: QueryThread;
  sinceMs: number;
}

/** Threads that are started when there is something to compute and ended when there was nothing for a while. The caller bounds their number. */
export class ThreadPool {
  readonly #clock: Clock;
  readonly #heapMiBMax: number;
  readonly #idleMsMax: number;
  readonly #all = new Set<QueryThread>();
  #idle: Idle[] = [];
  readonly #closing = new AbortController();
  #isSweeping = false;

  constructor(clock: Clock, { threadHeapMiBMax, threadIdleMs }: { threadHeapMiBMax: number; threadIdleMs: number }) {
    this.#clock = clock;
    this.#heapMiBMax = threadHeapMiBMax;
    this.#idleMsMax = threadIdleMs;
  }

  get size(): number {
    return this.#all.size;
  }

  take(): QueryThread {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (!idle.thread.isLost) return idle.thread;
      this.#all.delete(idle.thread);
    }
    const thread = new QueryThread(this.#clock, this.#heapMiBMax);
    this.#all.add(thread);
    return thread;
  }

  giveBack(thread: QueryThread): void {
    if (thread.isLost) this.#all.delete(thread);
    else {
      this.#idle.push({ thread, sinceMs: this.#clock.monotonicMs() });
      void this.#sweep();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#all].map((thread) => thread.close()));
    this.#all.clear();
    this.#idle = [];
  }

  /** Ends what has been idle for too long, until nothing is. */
  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      while (this.#idle.length > 0) {
        await this.#clock.sleep(this.#idleMsMax, this.#closing.signal);
        const limitMs = this.#clock.monotonicMs() - this.#idleMsMax;
        const late = this.#idle.filter(({ sinceMs }) => sinceMs <= limitMs);
        this.#idle = this.#idle.filter(({ sinceMs }) => sinceMs > limitMs);
        for (const { thread } of late) {
          this.#all.delete(thread);
          await thread.close();
        }
      }
    } catch {
      // Closing.
    } finally {
      this.#isSweeping = false;
    }
  }
}
