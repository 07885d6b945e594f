import { Worker } from 'node:worker_threads';
import { Fault } from '../../base/fault.ts';

export interface MergeTask {
  frames: Uint8Array[];
}

export type MergeAnswer = { frame: Uint8Array; count: number } | { error: string };

/** The thread that merges. Invariant: it has one task at a time. It is started when there is something to merge. */
export class MergeThread {
  #worker: Worker | undefined;

  /** Rejects with Fault `corrupt` where a frame cannot be read. */
  merge(frames: Uint8Array[]): Promise<{ frame: Buffer; count: number }> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        worker.off('message', answered).off('error', lost).off('exit', lost);
        worker.unref();
        finish();
      };
      const answered = (answer: MergeAnswer) =>
        settle(() => {
          if ('error' in answer) return reject(new Fault('corrupt', answer.error));
          const { buffer, byteOffset, length } = answer.frame;
          resolve({ frame: Buffer.from(buffer, byteOffset, length), count: answer.count });
        });
      const lost = (cause: unknown) =>
        settle(() => {
          this.#worker = undefined;
          reject(new Fault('unavailable', 'the merging thread has ended', { cause }));
        });
      worker.on('message', answered).on('error', lost).on('exit', lost);
      worker.ref();
      const task: MergeTask = { frames };
      worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./merge-worker.ts', import.meta.url));
    worker.unref();
    return worker;
  }
}
