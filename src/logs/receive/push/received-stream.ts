import { Fault } from '../../../base/fault.ts';
import type { LabelRecord } from '../../batch/batch.ts';
import { pushLimits } from './limits.ts';

/** A stream as a client sent it, whatever the form: nothing is checked yet. Line `i` is `bytes[from[i], to[i])`. */
export interface ReceivedStream {
  /** As text in Loki's protocol buffers, as pairs elsewhere. */
  labels: string | readonly (readonly [string, string])[];
  bytes: Buffer;
  from: number[];
  to: number[];
  seconds: number[];
  nanos: number[];
  /** Undefined: none. */
  metadata: (LabelRecord | undefined)[];
}

export function emptyStream(labels: ReceivedStream['labels'], bytes: Buffer): ReceivedStream {
  return { labels, bytes, from: [], to: [], seconds: [], nanos: [], metadata: [] };
}

/** Counts what a request holds while it is read. Throws Fault `bad-request` where it is too much. */
export class PushCount {
  #streams = 0;
  #lines = 0;

  addStream(): void {
    const { streamsMax } = pushLimits;
    if (++this.#streams > streamsMax)
      throw new Fault('bad-request', `more than ${streamsMax} streams in one push (streamsMax)`);
  }

  addLine(): void {
    const { linesMax } = pushLimits;
    if (++this.#lines > linesMax) throw new Fault('bad-request', `more than ${linesMax} lines in one push (linesMax)`);
  }
}
