import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../base/clock.ts';
import { QueryLimitError, QueryStoppedError } from '../../query/query.ts';
import { movable } from '../../store/store.ts';
import { errorOf } from './failure.ts';
import type { PackedResult } from './packed-result.ts';
import { type FromThread, stopWord, type Task, type ToThread } from './protocol.ts';

/** A thread that does not heed the order to stop for this long is ended. */
const stopGraceMs = 2000;

/** Why nobody waits for the thread to heed an order any more. */
const settled = new Error('the task is over');

/** What becomes of a task: its value, or the pieces of its answer, of which the first is there. */
export type Outcome = { value: PackedResult } | { pieces: AsyncIterableIterator<Uint8Array> };

/** A thread that computes queries. Invariant: it has one task at a time; after its end it takes no more. */
export class QueryThread {
  readonly #worker: Worker;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #clock: Clock;
  readonly #messages: FromThread[] = [];
  #arrived: (() => void) | undefined;
  #lost: Error | undefined;

  constructor(clock: Clock, heapMiBMax: number) {
    this.#clock = clock;
    this.#worker = new Worker(new URL('./query-worker.ts', import.meta.url), {
      workerData: { stop: this.#stop.buffer },
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
    });
    this.#worker.on('message', (message: FromThread) => {
      this.#messages.push(message);
      this.#arrived?.();
    });
    this.#worker.on('error', (error) => this.#lose(lossOf(error)));
    this.#worker.on('exit', () => this.#lose(new Error("a query's thread has ended")));
    this.#worker.unref();
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** `done` is called once, when the thread is free (or lost). Rejects with what the query failed with. */
  async run(task: Task, signal: AbortSignal, done: () => void): Promise<Outcome> {
    Atomics.store(this.#stop, 0, 0);
    this.#messages.length = 0;
    this.#worker.ref();
    const over = new AbortController();
    const stop = () => this.#cancel(over.signal);
    const settle = () => {
      over.abort(settled);
      signal.removeEventListener('abort', stop);
      this.#worker.unref();
      done();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    this.#post(task, task.reads.flatMap(movable));
    try {
      const first = await this.#next();
      if (first.kind === 'failed') throw errorOf(first.failure);
      if (first.kind === 'value') {
        settle();
        return { value: first.result };
      }
      return { pieces: this.#pieces(first, settle) };
    } catch (error) {
      settle();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Not a generator: one that was never begun would not end the task when it is given up. */
  #pieces(first: FromThread, settle: () => void): AsyncIterableIterator<Uint8Array> {
    let message: FromThread | undefined = first;
    let isOver = false;
    const end = async (): Promise<IteratorResult<Uint8Array>> => {
      if (!isOver) {
        isOver = true;
        if (message?.kind !== 'end' && !this.isLost) await this.#drop();
        settle();
      }
      return { done: true, value: undefined };
    };
    return {
      next: async () => {
        if (isOver) return end();
        try {
          message ??= await this.#next();
        } catch (error) {
          await end();
          throw error;
        }
        if (message.kind !== 'piece') return end();
        const { bytes } = message;
        message = undefined;
        this.#post({ kind: 'more' });
        return { done: false, value: bytes };
      },
      return: end,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Nobody wants the rest of the answer; what is on its way is let go. */
  async #drop(): Promise<void> {
    this.#post({ kind: 'drop' });
    try {
      while ((await this.#next()).kind === 'piece');
    } catch {
      // Lost: the pool replaces it.
    }
  }

  /** A thread that computes sees the flag; one that is deaf to it is ended. */
  #cancel(over: AbortSignal): void {
    Atomics.store(this.#stop, stopWord, 1);
    this.#clock.sleep(stopGraceMs, over).then(
      () => {
        this.#lose(new QueryStoppedError('canceled'));
        void this.#worker.terminate();
      },
      () => {},
    );
  }

  #post(message: ToThread, moved: ArrayBuffer[] = []): void {
    if (!this.isLost) this.#worker.postMessage(message, moved);
  }

  async #next(): Promise<FromThread> {
    while (this.#messages.length === 0) {
      if (this.#lost) throw this.#lost;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#messages.shift()!;
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#arrived?.();
  }
}

function lossOf(error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new QueryLimitError('the query needs more memory than its thread may have');
}
