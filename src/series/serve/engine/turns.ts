import { Fault } from '../../../base/fault.ts';
import { QueryStoppedError } from '../../query/query.ts';

interface Waiting {
  go(): void;
  stop(): void;
}

/** Lets so many in at a time; the others wait in the order in which they came. Invariant: nobody waits while there is room. */
export class Turns {
  readonly #runningMax: number;
  readonly #queuedMax: number;
  readonly #queue: Waiting[] = [];
  #running = 0;

  constructor(runningMax: number, queuedMax: number) {
    this.#runningMax = runningMax;
    this.#queuedMax = queuedMax;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Resolves with what ends the turn; it may be called twice. Throws Fault `overloaded`, or QueryStoppedError when the signal comes first. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw new QueryStoppedError('canceled');
    if (this.#running >= this.#runningMax) await this.#wait(signal);
    else this.#running++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = this.#queue.shift();
      if (next) next.go();
      else this.#running--;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.#queuedMax) {
      throw new Fault('overloaded', `${this.#queuedMax} queries are waiting already (setting query-queue-max)`);
    }
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(new QueryStoppedError('canceled'));
      };
      const waiting = {
        go() {
          signal.removeEventListener('abort', stop);
          resolve();
        },
        stop,
      };
      this.#queue.push(waiting);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
