import { Worker } from 'node:worker_threads';
import { Fault, type FaultCode } from '../../../base/fault.ts';
import type { BlockMeta } from '../block/block-meta.ts';
import type { BlockTask } from './block-jobs.ts';

export type BlockAnswer = { meta: BlockMeta } | { error: string; code: string | undefined; isFault: boolean };

/** Where blocks are written: another thread, or this one in tests that watch the files. */
export interface BlockRunner {
  run(task: BlockTask): Promise<BlockMeta>;
  close(): Promise<void>;
}

/** The thread that writes blocks. Invariant: it has one task at a time, and ends with it, so that its memory is given back. */
export class BlockThread implements BlockRunner {
  #worker: Worker | undefined;

  run(task: BlockTask): Promise<BlockMeta> {
    const worker = new Worker(new URL('./block-worker.ts', import.meta.url));
    this.#worker = worker;
    return new Promise<BlockMeta>((resolve, reject) => {
      worker.once('message', (answer: BlockAnswer) => {
        if ('meta' in answer) resolve(answer.meta);
        else reject(errorOf(answer));
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Fault('unavailable', 'the thread that writes blocks has ended')));
      worker.postMessage(task, task.kind === 'cut' ? [task.labels.labelCounts.buffer, task.labels.symbols.buffer] : []);
    }).finally(() => this.close());
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function errorOf({ error, code, isFault }: Exclude<BlockAnswer, { meta: unknown }>): Error {
  if (isFault) return new Fault(code as FaultCode, error);
  return Object.assign(new Error(error), { code });
}
