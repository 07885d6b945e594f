import type { ServerResponse } from 'node:http';
import { Fault, messageOf } from '../../base/fault.ts';
import { emptyFrame, frameTypes, jsonFrame } from './line-frames.ts';

export interface PumpTiming {
  /** Said after so much silence. */
  heartbeatMs: number;
  /** A reader that takes nothing for so long is cut; it can resume. */
  stalledReaderMsMax: number;
}

export const pumpTiming: PumpTiming = { heartbeatMs: 5000, stalledReaderMsMax: 5 * 60_000 };

/**
 * Sends frames as fast as the reader takes them. What the frames throw becomes an error frame. Resolves to how it ended;
 * `leave` is called once when the reader is gone or cut.
 */
export async function pump(
  frames: AsyncGenerator<Buffer>,
  response: ServerResponse,
  leave: () => void,
  timing: PumpTiming,
): Promise<'done' | 'left' | 'stalled' | { failed: unknown }> {
  const gone = new Promise<'gone'>((resolve) => response.once('close', () => resolve('gone')));
  void gone.then(leave);
  let lastMs = performance.now();
  const heartbeat = setInterval(() => {
    if (performance.now() - lastMs < timing.heartbeatMs || response.writableNeedDrain || response.destroyed) return;
    response.write(emptyFrame(frameTypes.heartbeat));
  }, timing.heartbeatMs / 2);
  try {
    for await (const frame of frames) {
      lastMs = performance.now();
      if (response.destroyed) return 'left';
      if (response.write(frame)) continue;
      const outcome = await drained(response, gone, timing.stalledReaderMsMax);
      if (outcome !== 'drained') return outcome;
    }
    response.end();
    return 'done';
  } catch (error) {
    if (!response.destroyed) response.end(jsonFrame(frameTypes.error, told(error)));
    return error instanceof Fault ? 'done' : { failed: error };
  } finally {
    clearInterval(heartbeat);
    leave();
  }
}

async function drained(
  response: ServerResponse,
  gone: Promise<'gone'>,
  stalledReaderMsMax: number,
): Promise<'drained' | 'left' | 'stalled'> {
  let timer: NodeJS.Timeout | undefined;
  let onDrain = () => {};
  const drain = new Promise<'drained'>((resolve) => {
    onDrain = () => resolve('drained');
    response.once('drain', onDrain);
  });
  const stall = new Promise<'stalled'>((resolve) => {
    timer = setTimeout(() => resolve('stalled'), stalledReaderMsMax);
  });
  const outcome = await Promise.race([drain, gone, stall]);
  clearTimeout(timer);
  response.off('drain', onDrain);
  if (outcome === 'stalled') response.destroy();
  return outcome === 'gone' ? 'left' : outcome;
}

function told(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof Fault)) return { code: 'internal', message: `the server failed: ${messageOf(error)}` };
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
