import { parentPort } from 'node:worker_threads';
import { mergeFrames } from './merge-frames.ts';
import type { MergeAnswer, MergeTask } from './merge-thread.ts';
import { batchOf } from './payloads.ts';

/* Runs in a thread of its own, so that decompressing and compressing never hold up the server. */
parentPort!.on('message', ({ frames }: MergeTask) => {
  let answer: MergeAnswer;
  try {
    const { frame, count } = mergeFrames(
      frames.map((bytes) => batchOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))),
    );
    answer = { frame, count };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(answer);
});
