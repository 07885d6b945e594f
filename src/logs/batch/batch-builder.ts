import { release } from '../../base/release.ts';
import {
  column,
  compressed,
  grown,
  plainTextEncoder,
  pushVarint,
  type TextEncoder,
  writeVarint,
  writeZigzag,
} from './column-writer.ts';
import { COLUMN_FLAGS, COLUMN_LENGTHS, COLUMN_TIMES, DELTA_NANOS_MAX, LINE_STDERR, NEWLINE } from './columns.ts';
import { type BatchHeader, encodeBatchFrame } from './frame.ts';
import type { InstanceId, SegmentName } from './identity.ts';
import type { Cover } from './protocol.ts';

const SECOND_NANOS = 1_000_000_000;
/** Times of a batch are less than this apart, and neighbours too. */
export const DELTA_SECONDS_MAX = Math.floor(DELTA_NANOS_MAX / SECOND_NANOS) - 1;

/** The memory in which a builder begins every batch; a batch that outgrows it goes on elsewhere. */
export interface BatchRoom {
  text: Buffer;
  times: Buffer;
  flags: Buffer;
}

/** How far a batch has got in its room: all that somebody has to know, and to say afterwards, who writes lines there himself. */
export interface BatchEnds {
  textBytes: number;
  timesBytes: number;
  flagsBytes: number;
  flagsLast: number;
  flagsRun: number;
  lineCount: number;
  stderrCount: number;
  firstSeconds: number;
  firstNanos: number;
  previousSeconds: number;
  previousNanos: number;
  minSeconds: number;
  minNanos: number;
  maxSeconds: number;
  maxNanos: number;
}

/**
 * Collects lines and makes a batch frame of them. Invariant: `#text[0, #textBytes)` is whole lines with their newlines,
 * followed by the bytes of the line being built. Made once and reused: `finish` empties it.
 */
export class BatchBuilder {
  readonly #room: BatchRoom;
  #text: Buffer;
  #textBytes = 0;
  #lineFrom = 0;
  #times: Buffer;
  #timesBytes = 0;
  /** Runs of equal flags, as they are stored; the last one is not in it yet. */
  #flags: Buffer;
  #flagsBytes = 0;
  #flagsLast = 0;
  #flagsRun = 0;
  #lengths: number[] = [];
  #newlineInside = false;
  #lineCount = 0;
  #stderrCount = 0;
  #previousSeconds = 0;
  #previousNanos = 0;
  // Numbers and not pairs: an array a line was a tenth of what an agent did.
  #firstSeconds = 0;
  #firstNanos = 0;
  #minSeconds = 0;
  #minNanos = 0;
  #maxSeconds = 0;
  #maxNanos = 0;

  constructor(room: BatchRoom | number = 64 * 1024) {
    this.#room = typeof room === 'number' ? roomOf(room) : room;
    this.#text = this.#room.text;
    this.#times = this.#room.times;
    this.#flags = this.#room.flags;
  }

  /** Bytes of text so far, newlines included, without the line being built. */
  get textBytes(): number {
    return this.#lineFrom;
  }

  get lineCount(): number {
    return this.#lineCount;
  }

  /** Bytes of memory that this builder holds on to. */
  get heldBytes(): number {
    return this.#text.length + this.#times.length + this.#flags.length;
  }

  /** False where the time is too far from the line before or from the first one: finish the batch first. */
  fits(seconds: number): boolean {
    return (
      this.#lineCount === 0 ||
      (Math.abs(seconds - this.#previousSeconds) < DELTA_SECONDS_MAX &&
        Math.abs(seconds - this.#firstSeconds) < DELTA_SECONDS_MAX)
    );
  }

  /** Adds `source[from, to)` to the line being built; the bytes are copied. */
  append(source: Buffer, from: number, to: number): void {
    const end = this.#textBytes + (to - from) + 1;
    if (end > this.#text.length) this.#text = grown(this.#text, end);
    source.copy(this.#text, this.#textBytes, from, to);
    this.#textBytes = end - 1;
  }

  /** Ends the line. `seconds` since 1970 may be negative; `nanos` is in [0, 1e9). `mayHoldNewline`: the line's bytes were not split at newlines. */
  endLine(seconds: number, nanos: number, flags: number, mayHoldNewline = false): void {
    if (mayHoldNewline || this.#newlineInside) this.#noteLength(mayHoldNewline);
    this.#text[this.#textBytes++] = NEWLINE;
    this.#lineFrom = this.#textBytes;
    if (this.#lineCount++ === 0) {
      this.#firstSeconds = this.#minSeconds = this.#maxSeconds = seconds;
      this.#firstNanos = this.#minNanos = this.#maxNanos = nanos;
    } else {
      if (this.#timesBytes + 10 > this.#times.length) this.#times = grown(this.#times, this.#times.length * 2);
      const delta = (seconds - this.#previousSeconds) * SECOND_NANOS + (nanos - this.#previousNanos);
      this.#timesBytes = writeZigzag(this.#times, this.#timesBytes, delta);
      if (delta < 0) this.#lower(seconds, nanos);
      else if (seconds > this.#maxSeconds || (seconds === this.#maxSeconds && nanos > this.#maxNanos)) {
        this.#maxSeconds = seconds;
        this.#maxNanos = nanos;
      }
    }
    this.#previousSeconds = seconds;
    this.#previousNanos = nanos;
    this.#stderrCount += flags & LINE_STDERR;
    if (flags !== this.#flagsLast) this.#endFlagsRun(flags);
    this.#flagsRun++;
  }

  #endFlagsRun(next: number): void {
    if (this.#flagsRun > 0) {
      if (this.#flagsBytes + 6 > this.#flags.length) this.#flags = grown(this.#flags, this.#flags.length * 2);
      this.#flags[this.#flagsBytes] = this.#flagsLast;
      this.#flagsBytes = writeVarint(this.#flags, this.#flagsBytes + 1, this.#flagsRun);
    }
    this.#flagsLast = next;
    this.#flagsRun = 0;
  }

  #lower(seconds: number, nanos: number): void {
    if (seconds > this.#minSeconds || (seconds === this.#minSeconds && nanos >= this.#minNanos)) return;
    this.#minSeconds = seconds;
    this.#minNanos = nanos;
  }

  /** Null where lines can be added by `append` and `endLine` alone: the batch has left its room, is within a line, or lists lengths. */
  ends(): BatchEnds | null {
    const { text, times, flags } = this.#room;
    const isInRoom = this.#text === text && this.#times === times && this.#flags === flags;
    if (!isInRoom || this.#newlineInside || this.#textBytes !== this.#lineFrom) return null;
    return {
      textBytes: this.#textBytes,
      timesBytes: this.#timesBytes,
      flagsBytes: this.#flagsBytes,
      flagsLast: this.#flagsLast,
      flagsRun: this.#flagsRun,
      lineCount: this.#lineCount,
      stderrCount: this.#stderrCount,
      firstSeconds: this.#firstSeconds,
      firstNanos: this.#firstNanos,
      previousSeconds: this.#previousSeconds,
      previousNanos: this.#previousNanos,
      minSeconds: this.#minSeconds,
      minNanos: this.#minNanos,
      maxSeconds: this.#maxSeconds,
      maxNanos: this.#maxNanos,
    };
  }

  /** Whole lines were added in the room; none of them holds a newline. */
  extended(ends: BatchEnds): void {
    this.#textBytes = this.#lineFrom = ends.textBytes;
    this.#timesBytes = ends.timesBytes;
    this.#flagsBytes = ends.flagsBytes;
    this.#flagsLast = ends.flagsLast;
    this.#flagsRun = ends.flagsRun;
    this.#lineCount = ends.lineCount;
    this.#stderrCount = ends.stderrCount;
    this.#firstSeconds = ends.firstSeconds;
    this.#firstNanos = ends.firstNanos;
    this.#previousSeconds = ends.previousSeconds;
    this.#previousNanos = ends.previousNanos;
    this.#minSeconds = ends.minSeconds;
    this.#minNanos = ends.minNanos;
    this.#maxSeconds = ends.maxSeconds;
    this.#maxNanos = ends.maxNanos;
  }

  /** Makes the frame and empties the builder. There must be at least one line and none in the making. */
  finish(
    instance: InstanceId,
    order: { segment: SegmentName; offset: number },
    covers: Cover[],
    compressionLevel = 1,
    encodeText: TextEncoder = plainTextEncoder(compressionLevel),
  ): Buffer {
    const columns = this.#columns();
    const header: BatchHeader = {
      instance,
      covers,
      order,
      lineCount: this.#lineCount,
      stderrCount: this.#stderrCount,
      timeMin: decimal(this.#minSeconds, this.#minNanos),
      timeMax: decimal(this.#maxSeconds, this.#maxNanos),
      textBytes: this.#textBytes,
      columnsBytes: columns.length,
    };
    const packedColumns = compressed(columns, compressionLevel);
    const text = encodeText(this.#text.subarray(0, this.#textBytes));
    const frame = encodeBatchFrame(header, packedColumns, text.bytes, text.form);
    for (const buffer of [columns, packedColumns, text.bytes]) release(buffer);
    this.#reset();
    return frame;
  }

  #columns(): Buffer {
    const offset = Buffer.allocUnsafe(10);
    const firstDelta = (this.#firstSeconds - this.#minSeconds) * SECOND_NANOS + (this.#firstNanos - this.#minNanos);
    const offsetBytes = writeZigzag(offset, 0, firstDelta);
    this.#endFlagsRun(0);
    const parts = [
      column(COLUMN_TIMES, [offset.subarray(0, offsetBytes), this.#times.subarray(0, this.#timesBytes)]),
      column(COLUMN_FLAGS, [this.#flags.subarray(0, this.#flagsBytes)]),
    ];
    if (this.#newlineInside) {
      const lengths: number[] = [];
      for (const length of this.#lengths) pushVarint(lengths, length);
      parts.push(column(COLUMN_LENGTHS, [Buffer.from(lengths)]));
    }
    return Buffer.concat(parts.flat());
  }

  /** Lengths are noted from the first line that may hold a newline on; those before it are found by their newlines. */
  #noteLength(mayHoldNewline: boolean): void {
    if (!this.#newlineInside) {
      if (!mayHoldNewline || this.#text.subarray(this.#lineFrom, this.#textBytes).indexOf(NEWLINE) < 0) return;
      this.#newlineInside = true;
      for (let from = 0; from < this.#lineFrom; ) {
        const to = this.#text.indexOf(NEWLINE, from);
        this.#lengths.push(to - from);
        from = to + 1;
      }
    }
    this.#lengths.push(this.#textBytes - this.#lineFrom);
  }

  #reset(): void {
    this.#text = this.#room.text;
    this.#times = this.#room.times;
    this.#flags = this.#room.flags;
    this.#textBytes = this.#lineFrom = this.#timesBytes = this.#lineCount = this.#stderrCount = 0;
    this.#flagsBytes = this.#flagsLast = this.#flagsRun = 0;
    this.#lengths = [];
    this.#newlineInside = false;
  }
}

function roomOf(textBytes: number): BatchRoom {
  return { text: Buffer.allocUnsafeSlow(textBytes), times: Buffer.allocUnsafe(4096), flags: Buffer.allocUnsafe(1024) };
}

function decimal(seconds: number, nanos: number): string {
  return (BigInt(seconds) * BigInt(SECOND_NANOS) + BigInt(nanos)).toString();
}
