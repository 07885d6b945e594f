import { parentPort } from 'node:worker_threads';
import { decodePushedFrame } from '../batch/batch.ts';
import { mergeFrames } from './merge-frames.ts';
import { mergePushedFrames } from './merge-pushed-frames.ts';
import type { MergeAnswer, MergeTask } from './merge-thread.ts';
import { batchOf } from './payloads.ts';

/* Runs in a thread of its own, so that decompressing and compressing never hold up the server. */
parentPort!.on('message', ({ frames, keep, compactShareMax }: MergeTask) => {
  let answer: MergeAnswer;
  try {
    const buffers = frames.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    answer = keep
      ? mergePushedFrames(buffers.map(decodePushedFrame), keep, compactShareMax)
      : mergeFrames(buffers.map(batchOf), compactShareMax);
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(answer);
});
