import { Worker } from 'node:worker_threads';
import { Fault } from '../../base/fault.ts';
import type { MergedFrame } from './merge-frames.ts';

/**
 * Where there is `keep`, the frames are of pushed lines, and it says of each which of its runs are alive. `compactShareMax` as in
 * mergeFrames.
 */
export interface MergeTask {
  frames: Uint8Array[];
  compactShareMax: number;
  keep?: number[][];
}

/** `from` says of each run of a frame of pushed lines which runs it was made of: pairs of frame and position. */
export type MergeAnswer =
  | { frame: Uint8Array; count: number; compact: boolean; from?: [number, number][][] }
  | { error: string };

/** The thread that merges. Invariant: it has one task at a time. It is started when there is something to merge. */
export class MergeThread {
  #worker: Worker | undefined;

  /** Rejects with Fault `corrupt` where a frame cannot be read. */
  async merge(frames: Uint8Array[], compactShareMax: number): Promise<MergedFrame> {
    return this.#ask({ frames, compactShareMax });
  }

  /** The same for frames of pushed lines. */
  async mergePushed(
    frames: Uint8Array[],
    keep: number[][],
    compactShareMax: number,
  ): Promise<MergedFrame & { from: [number, number][][] }> {
    const { from, ...made } = await this.#ask({ frames, keep, compactShareMax });
    return { ...made, from: from! };
  }

  #ask(task: MergeTask): Promise<MergedFrame & { from?: [number, number][][] }> {
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
          resolve({ ...answer, frame: Buffer.from(buffer, byteOffset, length) });
        });
      const lost = (cause: unknown) =>
        settle(() => {
          this.#worker = undefined;
          reject(new Fault('unavailable', 'the merging thread has ended', { cause }));
        });
      worker.on('message', answered).on('error', lost).on('exit', lost);
      worker.ref();
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
