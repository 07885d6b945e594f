import { column, compressed, grown, pushVarint, writeVarint, writeZigzag } from './column-writer.ts';
import {
  COLUMN_LENGTHS,
  COLUMN_METADATA,
  COLUMN_RUNS,
  COLUMN_SETS,
  COLUMN_TIMES,
  DELTA_NANOS_MAX,
  NEWLINE,
  TIME_JUMP,
} from './columns.ts';
import { encodeEnvelope, frameKinds } from './envelope.ts';
import type { LabelRecord } from './labels.ts';
import { limits } from './protocol.ts';
import type { PushedHeader, PushedRun } from './pushed-frame.ts';

const SECOND_NANOS = 1_000_000_000;
const NUMBER_BYTES_MAX = 24;
/** Lines of one frame: what is said of each takes up to 18 bytes, and must fit beside the text within frameBytesMax. */
const linesMax = 100_000;
/** About the JSON of runs and metadata of one frame, for the same reason. */
const describedBytesMax = 512 * 1024;

interface Run {
  labels: LabelRecord;
  lines: number;
  text: number;
  minSeconds: number;
  minNanos: number;
  maxSeconds: number;
  maxNanos: number;
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
  #setRuns: number[] = [];
  #setLast = 0;
  #setRun = 0;
  #describedBytes = 0;

  constructor(initialBytes = 64 * 1024) {
    this.#text = Buffer.allocUnsafe(initialBytes);
  }

  get lineCount(): number {
    return this.#lineCount;
  }

  /** Whether a line of so many bytes still fits; if not, finish the frame first. */
  fits(lineBytes: number): boolean {
    return (
      this.#textBytes + lineBytes + 1 <= limits.batchTextBytesMax &&
      this.#lineCount < linesMax &&
      this.#describedBytes < describedBytesMax
    );
  }

  /** The lines that follow are of this stream. Every run must get at least one. */
  beginRun(labels: LabelRecord): void {
    this.#runs.push({
      ...{ labels, lines: 0, text: 0 },
      ...{ minSeconds: Number.POSITIVE_INFINITY, minNanos: 0, maxSeconds: Number.NEGATIVE_INFINITY, maxNanos: 0 },
    });
    this.#describedBytes += sizeOf(labels);
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
    this.#noteSet(metadata === undefined ? 0 : this.#setOf(metadata));
    const run = this.#runs.at(-1)!;
    if (seconds < run.minSeconds || (seconds === run.minSeconds && nanos < run.minNanos)) {
      run.minSeconds = seconds;
      run.minNanos = nanos;
    }
    if (seconds > run.maxSeconds || (seconds === run.maxSeconds && nanos > run.maxNanos)) {
      run.maxSeconds = seconds;
      run.maxNanos = nanos;
    }
    run.lines++;
    run.text += to - from + 1;
    this.#lineCount++;
  }

  finish(compressionLevel = 1): { frame: Buffer; runs: PushedRun[] } {
    const runs = this.#runs.map((run): PushedRun => {
      const timeMin = nanosOf(run.minSeconds, run.minNanos);
      const timeMax = nanosOf(run.maxSeconds, run.maxNanos);
      return { labels: run.labels, lineCount: run.lines, textBytes: run.text, timeMin, timeMax };
    });
    const columns = this.#columns(runs);
    const header: PushedHeader = {
      runCount: runs.length,
      lineCount: this.#lineCount,
      textBytes: this.#textBytes,
      columnsBytes: columns.length,
    };
    const text = compressed(this.#text.subarray(0, this.#textBytes), compressionLevel);
    const frame = encodeEnvelope(frameKinds.pushed, header, compressed(columns, compressionLevel), text);
    this.#reset();
    return { frame, runs };
  }

  #columns(runs: readonly PushedRun[]): Buffer {
    this.#endSetRun();
    const described = runs.map(({ labels, lineCount, textBytes, timeMin, timeMax }) => {
      return { labels, lines: lineCount, text: textBytes, min: timeMin.toString(), max: timeMax.toString() };
    });
    const parts = [
      column(COLUMN_TIMES, [this.#times.subarray(0, this.#timesBytes)]),
      column(COLUMN_RUNS, [Buffer.from(JSON.stringify(described))]),
      column(COLUMN_METADATA, [Buffer.from(JSON.stringify([...this.#sets.keys()]))]),
      column(COLUMN_SETS, [varints(this.#setRuns)]),
    ];
    if (this.#newlineInside) parts.push(column(COLUMN_LENGTHS, [varints(this.#lengths)]));
    return Buffer.concat(parts.flat());
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

  #setOf(metadata: LabelRecord): number {
    let set = this.#sets.get(metadata);
    if (set === undefined) {
      set = this.#sets.size + 1;
      this.#sets.set(metadata, set);
      this.#describedBytes += sizeOf(metadata);
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
    this.#setRuns = [];
    this.#setLast = this.#setRun = this.#describedBytes = 0;
  }
}

function nanosOf(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** About as much as it takes as JSON. */
function sizeOf(labels: LabelRecord): number {
  let bytes = 60;
  for (const name in labels) bytes += name.length + labels[name]!.length + 6;
  return bytes;
}

function varints(numbers: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (const number of numbers) pushVarint(bytes, number);
  return Buffer.from(bytes);
}
