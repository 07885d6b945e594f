import { release } from '../../../base/release.ts';
import {
  describedBytesOf,
  encodePushedLines,
  type LabelRecord,
  limits,
  type PushedRun,
  plainTextEncoder,
  pushedRoom,
  startsFromNewlines,
  type TextEncoder,
  type TextForm,
} from '../../batch/batch.ts';
import { encodeCompact } from '../../block/encode.ts';
import type { HeldRun, LinePieces } from './line-pieces.ts';

const COMPRESSION_LEVEL = 3;

/** A new block. */
export interface RegroupedFrame {
  frame: Buffer;
  /** So many runs of the target went into it, behind those of the frame before. */
  runCount: number;
  /** The earliest and the latest time of each run of the frame, in turn. */
  times: BigInt64Array;
}

/** Makes the blocks of a target: one, or more where labels and structured metadata are too much for one. */
export function regroupedFrames(
  pieces: LinePieces,
  target: number,
  streams: Int32Array,
  form: TextForm,
): RegroupedFrame[] {
  const { runs, text, labelsOf } = pieces.release(target);
  const frames: RegroupedFrame[] = [];
  let textFrom = 0;
  for (let from = 0; from < runs.length; ) {
    const taken = new Content(form);
    let to = from;
    while (to < runs.length && taken.add(runs[to]!, streams[to]!, labelsOf(to))) to++;
    const own = text.subarray(textFrom, textFrom + taken.textBytes);
    frames.push({ frame: taken.frame(own, form), runCount: to - from, times: taken.times() });
    textFrom += taken.textBytes;
    from = to;
  }
  release(text);
  return frames;
}

/** What goes into one frame. Invariant: it has at least one run, and what is said of its lines fits into the frame. */
class Content {
  readonly #described: number;
  readonly #held: HeldRun[] = [];
  readonly #runs: PushedRun[] = [];
  readonly #sets = new Map<string, number>();
  readonly #setsOf: Uint32Array[] = [];
  readonly #all: LabelRecord[] = [{}];
  #stream = -1;
  #describedBytes = 0;
  textBytes = 0;

  constructor(form: TextForm) {
    this.#described = pushedRoom[form].describedBytesMax;
  }

  /** False where it does not fit any more. */
  add(held: HeldRun, stream: number, labels: LabelRecord): boolean {
    if (this.#held.length > 0 && this.#describedBytes >= this.#described) return false;
    this.#held.push(held);
    this.#setsOf.push(this.#interned(held.metadata));
    const { lineCount, textBytes, timeMin, timeMax } = held;
    this.textBytes += textBytes;
    const last = this.#runs.at(-1);
    if (last && stream === this.#stream) {
      last.lineCount += lineCount;
      last.textBytes += textBytes;
      if (timeMin < last.timeMin) last.timeMin = timeMin;
      if (timeMax > last.timeMax) last.timeMax = timeMax;
      return true;
    }
    this.#describedBytes += describedBytesOf(labels);
    this.#runs.push({ labels, lineCount, textBytes, timeMin, timeMax });
    this.#stream = stream;
    return true;
  }

  /** Sets of metadata are told apart by what is in them, frames bring the same ones again and again. */
  #interned({ sets, of }: HeldRun['metadata']): Uint32Array {
    const renamed = new Map<number, number>([[0, 0]]);
    return of.map((set) => {
      let name = renamed.get(set);
      if (name === undefined) renamed.set(set, (name = this.#nameOf(sets[set]!)));
      return name;
    });
  }

  #nameOf(set: LabelRecord): number {
    const key = JSON.stringify(set);
    let name = this.#sets.get(key);
    if (name === undefined) {
      this.#sets.set(key, (name = this.#all.length));
      this.#all.push(set);
      this.#describedBytes += describedBytesOf(set);
    }
    return name;
  }

  times(): BigInt64Array {
    return BigInt64Array.from(this.#runs.flatMap(({ timeMin, timeMax }) => [timeMin, timeMax]));
  }

  frame(text: Buffer, form: TextForm): Buffer {
    const lineCount = this.#runs.reduce((sum, run) => sum + run.lineCount, 0);
    const hasNewlines = this.#held.some(({ starts }) => starts);
    const starts = hasNewlines ? this.#joinedStarts(text, lineCount) : startsFromNewlines(text, lineCount);
    const times = new BigInt64Array(lineCount);
    const of = new Uint32Array(lineCount);
    let at = 0;
    for (const [i, held] of this.#held.entries()) {
      times.set(held.times, at);
      of.set(this.#setsOf[i]!, at);
      at += held.lineCount;
    }
    const encode = form === 'plain' ? plainTextEncoder(COMPRESSION_LEVEL) : compactTextEncoder(starts);
    const lines = { text: encode(text), starts, times, metadata: { sets: this.#all, of }, hasNewlines };
    return encodePushedLines(this.#runs, lines, COMPRESSION_LEVEL);
  }

  #joinedStarts(text: Buffer, lineCount: number): Uint32Array {
    const all = new Uint32Array(lineCount + 1);
    let [line, at] = [0, 0];
    for (const { starts, lineCount: count, textBytes } of this.#held) {
      const own = starts ?? startsFromNewlines(text.subarray(at, at + textBytes), count);
      for (let i = 0; i < count; i++) all[line++] = at + own[i]! - own[0]!;
      at += textBytes;
    }
    all[line] = at;
    return all;
  }
}

function compactTextEncoder(starts: Uint32Array): TextEncoder {
  return (text) => ({ form: 'compact', bytes: encodeCompact({ text, starts }) });
}

/** Rows of the catalogue that one new block changes. */
const runsMax = 4096;

/** What a new block may hold, as the plan has to keep to. */
export const blockRoom = {
  plain: { textBytesMax: limits.batchTextBytesMax, linesMax: pushedRoom.plain.linesMax, runsMax },
  compact: { textBytesMax: limits.compactTextBytesMax, linesMax: limits.compactLinesMax, runsMax },
} as const;
