import { parentPort } from 'node:worker_threads';
import { Fault, messageOf } from '../../../base/fault.ts';
import { realFiles } from '../../../base/file-layer.ts';
import { type BlockTask, runBlockTask } from './block-jobs.ts';
import type { BlockAnswer } from './block-thread.ts';

/* Runs in a thread of its own, so that encoding blocks never holds up appends and queries. */
parentPort!.on('message', async (task: BlockTask) => {
  let answer: BlockAnswer;
  try {
    answer = { meta: await runBlockTask(realFiles, task) };
  } catch (error) {
    const { code } = error as { code?: string };
    answer = { error: messageOf(error), code, isFault: error instanceof Fault };
  }
  parentPort!.postMessage(answer);
});
