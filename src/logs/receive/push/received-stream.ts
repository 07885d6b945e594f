import { Fault } from '../../../base/fault.ts';
import type { LabelRecord } from '../../batch/batch.ts';
import { pushLimits } from './limits.ts';

/** A stream as a client sent it, whatever the form: nothing is checked yet. Line `i` is `bytes[from[i], to[i])`. */
export interface ReceivedStream {
  /** As text in Loki's protocol buffers, not decoded yet where there may be no need to; as pairs elsewhere. */
  labels: Buffer | string | readonly (readonly [string, string])[];
  bytes: Buffer;
  from: ArrayLike<number>;
  to: ArrayLike<number>;
  seconds: ArrayLike<number>;
  nanos: ArrayLike<number>;
  /** Which of the columns' lines are this stream's. Missing: all of them. */
  lineFrom?: number;
  lineTo?: number;
  /** Of each of its lines, undefined for none. Missing: no line has any. */
  metadata?: readonly (LabelRecord | undefined)[];
  /** What is known of all lines already. */
  scanned?: ScannedLines;
}

export interface ScannedLines {
  /** Of each line, as an index of `scannedLevels`; a column like the others. */
  levels: Uint8Array;
  longestLineBytes: number;
  secondsMin: number;
  secondsMax: number;
  /** As in PushedStreamLines. */
  isPacked: boolean;
}

export function lineCountOf({ from, lineFrom = 0, lineTo = from.length }: ReceivedStream): number {
  return lineTo - lineFrom;
}

/** Grows line by line. */
export interface GrowingStream extends ReceivedStream {
  from: number[];
  to: number[];
  seconds: number[];
  nanos: number[];
  metadata: (LabelRecord | undefined)[];
}

export function emptyStream(labels: ReceivedStream['labels'], bytes: Buffer): GrowingStream {
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
