import { Fault } from '../../../base/fault.ts';
import { QueryStoppedError } from '../../query/query.ts';

/** Lets so many queries run at a time; the others wait in the order in which they came. Invariant: nobody waits while there is room. */
export class Turns {
  readonly #runningMax: number;
  readonly #queuedMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ runningMax, queuedMax }: { runningMax: number; queuedMax: number }) {
    this.#runningMax = runningMax;
    this.#queuedMax = queuedMax;
  }

  get running(): number {
    return this.#running;
  }

  /** Throws Fault `overloaded`, QueryStoppedError when the signal aborts first, and what `run` throws. */
  async take<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    if (this.#running < this.#runningMax) this.#running++;
    else await this.#wait(signal);
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#queuedMax) {
      throw new Fault('overloaded', `too many outstanding requests: ${this.#queuedMax} queries wait already`);
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new QueryStoppedError('canceled'));
      };
      if (signal.aborted) return reject(new QueryStoppedError('canceled'));
      this.#waiting.push(go);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
