import { parentPort } from 'node:worker_threads';
import type { TextForm } from '../batch/batch.ts';
import { mergeFrames } from './merge-frames.ts';
import { type MergeAnswer, type MergeTask, ownMemory } from './merge-thread.ts';
import { batchOf } from './payloads.ts';
import { LinePieces, type PlannedTarget, UnreadableFrame } from './regroup/line-pieces.ts';
import { regroupedFrames } from './regroup/regrouped-frames.ts';

/* Runs in a thread of its own, so that decompressing and compressing never hold up the server. */

let regrouping: { pieces: LinePieces; targets: PlannedTarget[]; form: TextForm } | undefined;

parentPort!.on('message', (task: MergeTask) => {
  let answer: MergeAnswer;
  try {
    answer = answerTo(task);
  } catch (error) {
    const frame = error instanceof UnreadableFrame ? error.frame : undefined;
    answer = { kind: 'error', error: error instanceof Error ? error.message : String(error), frame };
  }
  parentPort!.postMessage(answer, ownMemory(framesOf(answer)));
});

function answerTo(task: MergeTask): MergeAnswer {
  if (task.kind === 'merge')
    return { kind: 'merged', ...mergeFrames(task.frames.map(bufferOf).map(batchOf), task.compactShareMax) };
  if (task.kind === 'begin') {
    const { targets, form } = task;
    regrouping = { pieces: new LinePieces(targets), targets, form };
    return { kind: 'done' };
  }
  if (task.kind === 'end') {
    regrouping = undefined;
    return { kind: 'done' };
  }
  if (!regrouping) throw new Error('no regrouping was begun');
  const { pieces, targets, form } = regrouping;
  if (task.kind === 'make')
    return {
      kind: 'made',
      frames: regroupedFrames(pieces, task.target, targets[task.target]!.streams, form),
    };
  pieces.take(task.frames.map(bufferOf), task.places);
  return { kind: 'done' };
}

function framesOf(answer: MergeAnswer): Uint8Array[] {
  if (answer.kind === 'merged') return [answer.frame];
  return answer.kind === 'made' ? answer.frames.map(({ frame }) => frame) : [];
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
