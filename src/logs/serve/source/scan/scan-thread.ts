import { Worker } from 'node:worker_threads';
import { QueryLimitError } from '../../../query/query.ts';
import { type ReceivedSeries, receiveSeries } from './packed-result.ts';
import type { FromThread, Shared, ToThread } from './scan-protocol.ts';

/** With the series that the thread named for the plan so far. */
export type Answer =
  | (Extract<FromThread, { kind: 'done' }> & { received: ReceivedSeries })
  | Extract<FromThread, { kind: 'failed' }>;

export interface ThreadEvents {
  ready(): void;
  answered(answer: Answer): void;
  /** Called once; what was under way is lost with it. */
  lost(error: Error): void;
}

/** A thread that reads blocks and runs plans over them. It holds its process only while something is under way. */
export class ScanThread {
  readonly #worker: Worker;
  /** Plans that it knows, each with the series that it named. */
  readonly #plans = new Map<number, ReceivedSeries>();
  readonly #events: ThreadEvents;
  /** Resolves when it has come up, or is lost. */
  readonly started: Promise<void>;
  #settle = () => {};
  isReady = false;
  isLost = false;

  constructor(shared: Shared, heapMiBMax: number, events: ThreadEvents) {
    this.#events = events;
    this.started = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#worker = new Worker(new URL('./scan-worker.ts', import.meta.url), {
      workerData: shared,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
    });
    this.#worker.on('message', (message: FromThread) => this.#take(message));
    this.#worker.on('error', (error) => this.#lose(lossOf(error)));
    this.#worker.on('exit', () => this.#lose(new Error('a thread that reads blocks has ended')));
    this.#worker.unref();
  }

  /** `plan` is sent before its first batch. */
  post(plan: Extract<ToThread, { kind: 'plan' }>, batch: Extract<ToThread, { kind: 'batch' }>): void {
    if (!this.#plans.has(plan.plan)) {
      this.#worker.postMessage(plan);
      this.#plans.set(plan.plan, []);
    }
    this.#worker.postMessage(batch);
  }

  forget(plan: number): void {
    if (this.#plans.delete(plan)) this.#worker.postMessage({ kind: 'forget', plan } satisfies ToThread);
  }

  /** While something is under way the process waits for it. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#worker.ref();
    else this.#worker.unref();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(message: FromThread): void {
    if (message.kind === 'ready') {
      this.isReady = true;
      this.#settle();
      this.#events.ready();
    } else if (message.kind === 'failed') this.#events.answered(message);
    else {
      // Of a plan that is over, nobody looks at what comes.
      const received = this.#plans.get(message.plan) ?? [];
      receiveSeries(message.result, received);
      this.#events.answered({ ...message, received });
    }
  }

  #lose(error: Error): void {
    if (this.isLost) return;
    this.isLost = true;
    this.#settle();
    this.#events.lost(error);
  }
}

function lossOf(error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new QueryLimitError('the query needs more memory than its thread may have');
}
