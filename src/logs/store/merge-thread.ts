import { Worker } from 'node:worker_threads';
import { Fault } from '../../base/fault.ts';
import type { TextForm } from '../batch/batch.ts';
import type { MergedFrame } from './merge-frames.ts';
import type { PlannedTarget } from './regroup/line-pieces.ts';
import type { RegroupedFrame } from './regroup/regrouped-frames.ts';

/** What the thread is asked; `merge` is whole in itself, the others belong to one regrouping. */
export type MergeTask =
  | { kind: 'merge'; frames: Uint8Array[]; compactShareMax: number }
  | { kind: 'begin'; targets: PlannedTarget[]; form: TextForm }
  | { kind: 'take'; frames: Uint8Array[]; places: Int32Array[] }
  | { kind: 'make'; target: number }
  | { kind: 'end' };

export type MergeAnswer =
  | { kind: 'merged'; frame: Uint8Array; count: number; compact: boolean }
  | { kind: 'made'; frames: (Omit<RegroupedFrame, 'frame'> & { frame: Uint8Array })[] }
  | { kind: 'done' }
  /** `frame`: the number of the one that cannot be read, where it is known. */
  | { kind: 'error'; error: string; frame?: number | undefined };

/** Frame number `frame` of a call cannot be read. */
export class UnreadableSource extends Fault {
  readonly frame: number;

  constructor(frame: number, message: string) {
    super('corrupt', message);
    this.frame = frame;
  }
}

/** The thread that merges. What is handed to it belongs to it. Invariant: it has one task at a time. It is started when there is something to merge. */
export class MergeThread {
  #worker: Worker | undefined;

  /** `compactShareMax` as in mergeFrames. Rejects with Fault `corrupt` where a frame cannot be read. */
  async merge(frames: Uint8Array[], compactShareMax: number): Promise<MergedFrame> {
    const made = await this.#ask({ kind: 'merge', frames, compactShareMax });
    if (made.kind !== 'merged') throw new TypeError(`the merging thread answered ${made.kind}`);
    return { ...made, frame: bufferOf(made.frame) };
  }

  /** Begins to regroup pushed lines: `take` as often as there is something, then `make` for each target once, then `end` in any case. */
  async regroup(targets: PlannedTarget[], form: TextForm): Promise<Regrouping> {
    await this.#ask({ kind: 'begin', targets, form });
    return {
      take: async (frames, places) => {
        await this.#ask({ kind: 'take', frames, places });
      },
      make: async (target) => {
        const made = await this.#ask({ kind: 'make', target });
        if (made.kind !== 'made') throw new TypeError(`the merging thread answered ${made.kind}`);
        return made.frames.map(({ frame, ...rest }) => ({ frame: bufferOf(frame), ...rest }));
      },
      end: async () => {
        if (this.#worker) await this.#ask({ kind: 'end' });
      },
    };
  }

  #ask(task: MergeTask): Promise<Exclude<MergeAnswer, { kind: 'error' }>> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        worker.off('message', answered).off('error', lost).off('exit', lost);
        worker.unref();
        finish();
      };
      const answered = (answer: MergeAnswer) =>
        settle(() => {
          if (answer.kind !== 'error') return resolve(answer);
          const { error, frame } = answer;
          reject(frame === undefined ? new Fault('corrupt', error) : new UnreadableSource(frame, error));
        });
      const lost = (cause: unknown) =>
        settle(() => {
          this.#worker = undefined;
          reject(new Fault('unavailable', 'the merging thread has ended', { cause }));
        });
      worker.on('message', answered).on('error', lost).on('exit', lost);
      worker.ref();
      worker.postMessage(task, 'frames' in task ? ownMemory(task.frames) : []);
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

/** Lines of many blocks on their way into others; the thread holds them. */
export interface Regrouping {
  /** As LinePieces.take. Rejects with UnreadableSource. */
  take(frames: Uint8Array[], places: Int32Array[]): Promise<void>;
  /** As regroupedFrames. */
  make(target: number): Promise<RegroupedFrame[]>;
  /** The thread lets go of what it holds. */
  end(): Promise<void>;
}

/** Memory that goes over to the other thread, instead of being copied: of those that have theirs for themselves. */
export function ownMemory(buffers: readonly Uint8Array[]): ArrayBuffer[] {
  return buffers.flatMap(({ buffer: memory }) => {
    return memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize ? [memory] : [];
  });
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
