import { release } from '../../base/release.ts';
import { compressed, grown, writeVarint, writeZigzag } from './column-writer.ts';
import { DELTA_NANOS_MAX, NEWLINE, TIME_JUMP } from './columns.ts';
import { encodeEnvelope, frameKinds, type TextForm } from './envelope.ts';
import type { LabelRecord } from './labels.ts';
import { limits } from './protocol.ts';
import { pushedColumns } from './pushed-encoder.ts';
import type { PushedHeader, PushedRun } from './pushed-frame.ts';

const SECOND_NANOS = 1_000_000_000;
const NUMBER_BYTES_MAX = 24;
const COMPRESSION_LEVEL = 1;
/**
 * What one frame may hold. Lines: what is said of each takes up to 18 bytes, and must fit beside the text within frameBytesMax; described
 * bytes, about the JSON of runs and metadata, for the same reason.
 */
export const pushedRoom = {
  plain: { textBytesMax: limits.batchTextBytesMax, linesMax: 100_000, describedBytesMax: 512 * 1024 },
  compact: {
    textBytesMax: limits.compactTextBytesMax,
    linesMax: limits.compactLinesMax,
    describedBytesMax: 2 * 1024 * 1024,
  },
} as const;

interface Run {
  labels: LabelRecord;
  stream: string | undefined;
  lines: number;
  text: number;
  minSeconds: number;
  minNanos: number;
  maxSeconds: number;
  maxNanos: number;
}

/** Lines of one stream, as columns. Line `i` is `bytes[from[i], to[i])`. */
export interface LineColumns {
  bytes: Buffer;
  from: ArrayLike<number>;
  to: ArrayLike<number>;
  /** The time of each line: whole seconds since 1970, negative before it, and nanoseconds in [0, 1e9). */
  seconds: ArrayLike<number>;
  nanos: ArrayLike<number>;
  /** Structured metadata: the sets that occur, and which of them each line has. Missing: no line has any. */
  metadata?: { sets: readonly LabelRecord[]; of: ArrayLike<number> };
  /** Where the lines end. Missing: with the columns. */
  lineTo?: number;
  /** The lines are by time; behind each are a newline and the next one, and none has a newline within. */
  isPacked?: boolean;
}

/**
 * Collects pushed lines, stream by stream, and makes a frame of them. Invariant: `#text[0, #textBytes)` is whole lines with their
 * newlines, and `#runs` says whose they are. `finish` empties it.
 */
export class PushedFrameBuilder {
  #text: Buffer;
  #textBytes = 0;
  #times: Buffer = Buffer.allocUnsafe(4096);
  #timesBytes = 0;
  #seconds = 0;
  #nanos = 0;
  #lengths: number[] = [];
  #newlineInside = false;
  #lineCount = 0;
  #runs: Run[] = [];
  #sets = new Map<LabelRecord, number>();
  #latestSets: readonly LabelRecord[] | undefined;
  /** Of the latest sets, by their index. */
  #numbers: (number | undefined)[] = [];
  #setRuns: number[] = [];
  #setLast = 0;
  #setRun = 0;
  #describedBytes = 0;

  readonly #room: (typeof pushedRoom)[TextForm];

  /** `form`: what the text is to become, which says how much fits. */
  constructor(initialBytes = 64 * 1024, form: TextForm = 'plain') {
    this.#text = Buffer.allocUnsafe(initialBytes);
    this.#room = pushedRoom[form];
  }

  get lineCount(): number {
    return this.#lineCount;
  }

  /** Whether a line of so many bytes still fits; if not, finish the frame first. */
  fits(lineBytes: number): boolean {
    return (
      this.#textBytes + lineBytes + 1 <= this.#room.textBytesMax &&
      this.#lineCount < this.#room.linesMax &&
      this.#describedBytes < this.#room.describedBytesMax
    );
  }

  /** The lines that follow are of this stream. Every run must get at least one. `stream`: as in PushedRun. */
  beginRun(labels: LabelRecord, stream?: string): void {
    this.#runs.push({
      ...{ labels, stream, lines: 0, text: 0, minSeconds: 0, minNanos: 0, maxSeconds: 0, maxNanos: 0 },
    });
    this.#describedBytes += describedBytesOf(labels);
  }

  /**
   * Adds `source[from, to)`. Sets of metadata are told apart by identity: the same object is the same set.
   */
  add(source: Buffer, from: number, to: number, seconds: number, nanos: number, metadata: LabelRecord | undefined) {
    const textFrom = this.#textBytes;
    const textTo = textFrom + (to - from);
    if (textTo + 1 > this.#text.length) this.#text = grown(this.#text, textTo + 1);
    source.copy(this.#text, textFrom, from, to);
    this.#text[textTo] = NEWLINE;
    this.#noteLength(textFrom, textTo);
    this.#textBytes = textTo + 1;
    this.#noteTime(seconds, nanos);
    this.#noteSet(this.#setOf(metadata));
    this.#noteRun(1, to - from + 1, seconds, nanos);
    this.#lineCount++;
  }

  /** Adds lines from `first` on, as many as fit and at least one: that one must. Gives the first that is left. */
  addLines(lines: LineColumns, first: number): number {
    if (lines.isPacked && !this.#newlineInside) return this.#addPacked(lines, first);
    const { bytes, from, to, seconds, nanos, metadata, lineTo = from.length } = lines;
    let next = first;
    do {
      const set = metadata?.sets[metadata.of[next]!];
      this.add(bytes, from[next]!, to[next]!, seconds[next]!, nanos[next]!, set);
      next++;
    } while (next < lineTo && this.fits(to[next]! - from[next]!));
    return next;
  }

  /** The text is copied as it stands; of the lines only times and metadata are looked at. */
  #addPacked({ bytes, from, to, seconds, nanos, metadata, lineTo = from.length }: LineColumns, first: number): number {
    const start = from[first]!;
    const textBytesMax = start + this.#room.textBytesMax - this.#textBytes;
    const end = Math.min(lineTo, first + this.#room.linesMax - this.#lineCount);
    let next = first;
    // Most lines have the set of the line before.
    let of = -1;
    let set = 0;
    do {
      this.#noteTime(seconds[next]!, nanos[next]!);
      if (metadata && metadata.of[next] !== of) {
        of = metadata.of[next]!;
        set = this.#numberOf(metadata.sets, of);
      }
      this.#noteSet(set);
      next++;
    } while (next < end && to[next]! < textBytesMax && this.#describedBytes < this.#room.describedBytesMax);
    const textFrom = this.#textBytes;
    const textTo = textFrom + to[next - 1]! + 1 - start;
    if (textTo > this.#text.length) this.#text = grown(this.#text, textTo);
    bytes.copy(this.#text, textFrom, start, to[next - 1]!);
    this.#text[textTo - 1] = NEWLINE;
    this.#textBytes = textTo;
    this.#lineCount += next - first;
    this.#noteRun(next - first, textTo - textFrom, seconds[first]!, nanos[first]!);
    this.#noteRun(0, 0, seconds[next - 1]!, nanos[next - 1]!);
    return next;
  }

  #noteRun(lines: number, text: number, seconds: number, nanos: number): void {
    const run = this.#runs[this.#runs.length - 1]!;
    const isFirst = run.lines === 0;
    if (isFirst || seconds < run.minSeconds || (seconds === run.minSeconds && nanos < run.minNanos)) {
      run.minSeconds = seconds;
      run.minNanos = nanos;
    }
    if (isFirst || seconds > run.maxSeconds || (seconds === run.maxSeconds && nanos > run.maxNanos)) {
      run.maxSeconds = seconds;
      run.maxNanos = nanos;
    }
    run.lines += lines;
    run.text += text;
  }

  finish(): { frame: Buffer; runs: PushedRun[] } {
    const runs = this.#runs.map((run): PushedRun => {
      const timeMin = nanosOf(run.minSeconds, run.minNanos);
      const timeMax = nanosOf(run.maxSeconds, run.maxNanos);
      return { labels: run.labels, stream: run.stream, lineCount: run.lines, textBytes: run.text, timeMin, timeMax };
    });
    const columns = this.#columns(runs);
    const header: PushedHeader = {
      runCount: runs.length,
      lineCount: this.#lineCount,
      textBytes: this.#textBytes,
      columnsBytes: columns.length,
    };
    const packedText = compressed(this.#text.subarray(0, this.#textBytes), COMPRESSION_LEVEL);
    const packedColumns = compressed(columns, COMPRESSION_LEVEL);
    const frame = encodeEnvelope(frameKinds.pushed, header, packedColumns, packedText);
    for (const buffer of [columns, packedColumns, packedText]) release(buffer);
    this.#reset();
    return { frame, runs };
  }

  #columns(runs: readonly PushedRun[]): Buffer {
    this.#endSetRun();
    return pushedColumns(runs, {
      times: this.#times.subarray(0, this.#timesBytes),
      sets: [...this.#sets.keys()],
      setRuns: this.#setRuns,
      lengths: this.#newlineInside ? this.#lengths : undefined,
    });
  }

  /** Lengths are noted from the first line with a newline on; those before it are found by their newlines. */
  #noteLength(from: number, to: number): void {
    if (!this.#newlineInside) {
      if (this.#text.indexOf(NEWLINE, from) === to) return;
      this.#newlineInside = true;
      for (let start = 0; start < from; ) {
        const end = this.#text.indexOf(NEWLINE, start);
        this.#lengths.push(end - start);
        start = end + 1;
      }
    }
    this.#lengths.push(to - from);
  }

  #noteTime(seconds: number, nanos: number): void {
    if (this.#timesBytes + NUMBER_BYTES_MAX > this.#times.length)
      this.#times = grown(this.#times, this.#times.length * 2);
    const delta = (seconds - this.#seconds) * SECOND_NANOS + (nanos - this.#nanos);
    if (Math.abs(delta) < DELTA_NANOS_MAX) this.#timesBytes = writeZigzag(this.#times, this.#timesBytes, delta);
    else {
      let at = writeZigzag(this.#times, this.#timesBytes, TIME_JUMP / 2);
      at = writeZigzag(this.#times, at, seconds);
      this.#timesBytes = writeVarint(this.#times, at, nanos);
    }
    this.#seconds = seconds;
    this.#nanos = nanos;
  }

  /** Streams mostly have the sets of the stream before, the levels of lines: their numbers are known without looking for each. */
  #numberOf(sets: readonly LabelRecord[], of: number): number {
    if (sets !== this.#latestSets) {
      this.#latestSets = sets;
      this.#numbers = [];
    }
    return (this.#numbers[of] ??= this.#setOf(sets[of]));
  }

  #setOf(metadata: LabelRecord | undefined): number {
    if (metadata === undefined) return 0;
    let set = this.#sets.get(metadata);
    if (set === undefined) {
      set = this.#sets.size + 1;
      this.#sets.set(metadata, set);
      this.#describedBytes += describedBytesOf(metadata);
    }
    return set;
  }

  #noteSet(set: number): void {
    if (set !== this.#setLast) {
      this.#endSetRun();
      this.#setLast = set;
    }
    this.#setRun++;
  }

  #endSetRun(): void {
    if (this.#setRun > 0) this.#setRuns.push(this.#setLast, this.#setRun);
    this.#setRun = 0;
  }

  #reset(): void {
    this.#textBytes = this.#timesBytes = this.#seconds = this.#nanos = this.#lineCount = 0;
    this.#lengths = [];
    this.#newlineInside = false;
    this.#runs = [];
    this.#sets = new Map();
    this.#latestSets = undefined;
    this.#setRuns = [];
    this.#setLast = this.#setRun = this.#describedBytes = 0;
  }
}

function nanosOf(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** About as much as it takes as JSON. */
export function describedBytesOf(labels: LabelRecord): number {
  let bytes = 60;
  for (const name in labels) bytes += name.length + labels[name]!.length + 6;
  return bytes;
}
