import {
  BatchBuilder,
  type Cover,
  encodeFactsFrame,
  type InstanceId,
  LINE_MALFORMED,
  LINE_STDERR,
  LINE_TRUNCATED,
  LINE_UNTERMINATED,
  rangeHash,
  type SegmentName,
} from '../batch/batch.ts';
import { CriParser } from './cri.ts';
import type { Gap } from './gap.ts';
import { PlainLines } from './plain-lines.ts';

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
/** A line whose parts lie in more pieces of the file than this is cut there: every piece is named in its batch. */
export const pendingRangesMax = 1000;

/** What is made of a piece of a segment: one frame, and the ranges that the store holds once it has acknowledged it. */
export interface Piece {
  frame: Buffer;
  covers: Cover[];
  lineCount: number;
  malformedCount: number;
  truncatedCount: number;
  /** The gap that it asserts, if that is what it is. */
  gap?: Gap;
}

/** After records that are not plain, so many are taken one by one at most before a run of plain ones is tried for again. */
const ONE_BY_ONE_MAX = 64;

/** Shared by all instances, since one is read at a time: the builder, the parsers, and the account of bytes held in unfinished lines. */
export interface Workbench {
  builder: BatchBuilder;
  parser: CriParser;
  plain: PlainLines;
  lineBytesMax: number;
  pendingBytesMax: number;
  pendingBytes: number;
}

/** `chunkBytes`: of the pieces of files that `plain.source` is to take. `firstRunBytes` as PlainLines has it. */
export function createWorkbench(
  lineBytesMax: number,
  pendingBytesMax: number,
  chunkBytes: number,
  firstRunBytes?: number,
): Workbench {
  const plain = new PlainLines(chunkBytes, lineBytesMax, firstRunBytes);
  return {
    builder: new BatchBuilder(plain.room),
    parser: new CriParser(),
    plain,
    lineBytesMax,
    pendingBytesMax,
    pendingBytes: 0,
  };
}

/** The `P` records of a line that has not ended. */
interface Pending {
  parts: Buffer[];
  bytes: number;
  truncated: boolean;
  seconds: number;
  nanos: number;
  /** Where the last record begins. */
  order: { segment: SegmentName; offset: number };
  /** Ranges of chunks that were left behind. */
  covers: Cover[];
  /** Ranges in the chunk that is being read; bounds from, to, from, to, … */
  open: number[];
}

/**
 * Makes pieces of the records of one instance, chunk by chunk.
 * Invariant: every byte that `consume` has taken is covered by exactly one piece that it returned, or belongs to a line in `#pending`.
 */
export class Assembler {
  readonly #bench: Workbench;
  readonly #instance: InstanceId;
  #pending: [Pending | null, Pending | null] = [null, null];
  /** The rest of a line that was cut early is covered and dropped until its F. */
  #discarding: [boolean, boolean] = [false, false];
  #seconds: number;
  #nanos = 0;
  #pieces: Piece[] = [];
  #chunk: Buffer = NOTHING;
  #segment: SegmentName = '';
  /** Offset in the segment of the chunk's first byte. */
  #base = 0;
  /** Where, in the segment, the piece in the making begins. */
  #regionFrom = 0;
  #carried: Cover[] = [];
  #order: { segment: SegmentName; offset: number } | null = null;
  #malformed = 0;
  #truncated = 0;

  /** `seconds` is the time given to a malformed line as long as no record has told one. */
  constructor(bench: Workbench, instance: InstanceId, seconds: number) {
    this.#bench = bench;
    this.#instance = instance;
    this.#seconds = seconds;
  }

  get hasPending(): boolean {
    return this.#pending[0] !== null || this.#pending[1] !== null;
  }

  get pendingBytes(): number {
    return (this.#pending[0]?.bytes ?? 0) + (this.#pending[1]?.bytes ?? 0);
  }

  /** Seconds since 1970 of the latest unfinished line, or undefined. */
  get pendingSeconds(): number | undefined {
    const times = this.#pending.filter((pending) => pending !== null).map((pending) => pending.seconds);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Forgets unfinished lines; their bytes were never covered and will be read again. */
  reset(): void {
    this.#bench.pendingBytes -= this.pendingBytes;
    this.#pending = [null, null];
    this.#discarding = [false, false];
  }

  /** `chunk[0, end)` is whole records of `segment` from `base` on. The chunk may be reused when this returns. */
  consume(segment: SegmentName, chunk: Buffer, end: number, base: number): Piece[] {
    this.#begin(segment, chunk, base);
    const { parser, plain } = this.#bench;
    let run = 1;
    for (let from = 0, oneByOne = 0; from < end; oneByOne--) {
      if (oneByOne === 0 && chunk === plain.source) {
        const to = this.#plainRecords(from, end);
        if (to === end) break;
        run = to > from ? 1 : Math.min(2 * run, ONE_BY_ONE_MAX);
        oneByOne = run;
        from = to;
      }
      const newline = chunk.indexOf(NEWLINE, from);
      if (parser.parse(chunk, from, newline)) this.#record(from, newline);
      else this.#malformedRecord(from, newline, 0);
      from = newline + 1;
    }
    return this.#finish(base + end);
  }

  /**
   * A record that is too long for a chunk, or the last one of a file that ends without a newline. `head` is its beginning,
   * `cover` all of it; what `head` does not hold is lost to the line limit unless `whole`.
   */
  consumeSingle(segment: SegmentName, head: Buffer, cover: Cover, whole: boolean, unterminated: boolean): Piece[] {
    this.#begin(segment, head, cover.from);
    const { parser } = this.#bench;
    const extra = (whole ? 0 : LINE_TRUNCATED) | (unterminated ? LINE_UNTERMINATED : 0);
    const parsed = parser.parse(head, 0, head.length);
    const stream = parser.stderr ? 1 : 0;
    if (parsed && parser.partial && !this.#discarding[stream]) {
      const pending = this.#addPart(stream, 0, head.length, !whole);
      pending.open.length = 0;
      pending.covers.push(cover);
    } else {
      if (parsed) this.#record(0, head.length, extra);
      else this.#malformedRecord(0, head.length, extra);
      this.#carried.push(cover);
    }
    this.#regionFrom = cover.to;
    return this.#finish(cover.to);
  }

  /** The container has ended: what is unfinished is a line. */
  flush(): Piece[] {
    this.#pieces = [];
    const pending = this.#pending.filter((line) => line !== null);
    pending.sort((a, b) => (a.order.segment === b.order.segment ? a.order.offset - b.order.offset : 0));
    for (const line of pending) {
      this.#begin(line.order.segment, NOTHING, line.order.offset);
      this.#endPending(line === this.#pending[1] ? 1 : 0, LINE_UNTERMINATED, line.order.offset);
      this.#cut(line.order.offset);
    }
    this.#discarding = [false, false];
    return this.#pieces;
  }

  #begin(segment: SegmentName, chunk: Buffer, base: number): void {
    if (segment !== this.#segment || base !== this.#regionFrom) this.#regionFrom = base;
    this.#segment = segment;
    this.#chunk = chunk;
    this.#base = base;
    this.#order = null;
  }

  #finish(regionTo: number): Piece[] {
    this.#cut(regionTo);
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#chunk = NOTHING;
    return pieces;
  }

  /** What most records are, in one go; returns where the first one begins that is something else. */
  #plainRecords(from: number, end: number): number {
    const { plain, builder, lineBytesMax } = this.#bench;
    const blocked = this.#pending.map((pending, stream) => pending !== null || this.#discarding[stream] === true);
    const to = plain.take(builder, from, end, { lineBytesMax, stdout: !blocked[0], stderr: !blocked[1] });
    if (to === from) return from;
    this.#order ??= { segment: this.#segment, offset: this.#base + from };
    this.#seconds = plain.seconds;
    this.#nanos = plain.nanos;
    return to;
  }

  #record(from: number, newline: number, extraFlags = 0): void {
    const { parser, builder, lineBytesMax, plain } = this.#bench;
    const stream = parser.stderr ? 1 : 0;
    plain.learnHour(this.#chunk, from, parser.timeBytes, parser.seconds);
    this.#seconds = parser.seconds;
    this.#nanos = parser.nanos;
    if (this.#discarding[stream]) {
      if (!parser.partial) this.#discarding[stream] = false;
      return;
    }
    if (parser.partial) {
      this.#addPart(stream, from, newline, false);
      const pending = this.#pending[stream]!;
      const tooMany = pending.covers.length + pending.open.length / 2 > pendingRangesMax;
      if (tooMany || this.#bench.pendingBytes > this.#bench.pendingBytesMax) {
        this.#endPending(stream, LINE_TRUNCATED, this.#base + from);
        this.#discarding[stream] = true;
      }
      return;
    }
    if (this.#pending[stream]) {
      this.#addPart(stream, from, newline, (extraFlags & LINE_TRUNCATED) !== 0);
      this.#endPending(stream, extraFlags & LINE_UNTERMINATED, this.#base + from);
      return;
    }
    const { seconds, nanos, contentFrom } = parser;
    if (!builder.fits(seconds)) this.#cut(this.#base + from);
    let flags = extraFlags | (stream === 1 ? LINE_STDERR : 0);
    let to = newline;
    if (newline - contentFrom > lineBytesMax) {
      to = contentFrom + lineBytesMax;
      flags |= LINE_TRUNCATED;
    }
    if ((flags & LINE_TRUNCATED) !== 0) this.#truncated++;
    builder.append(this.#chunk, contentFrom, to);
    builder.endLine(seconds, nanos, flags);
    if (this.#order === null) this.#order = { segment: this.#segment, offset: this.#base + from };
  }

  #malformedRecord(from: number, newline: number, extraFlags: number): void {
    const { builder, lineBytesMax } = this.#bench;
    if (!builder.fits(this.#seconds)) this.#cut(this.#base + from);
    let flags = LINE_MALFORMED | extraFlags;
    let to = newline;
    if (newline - from > lineBytesMax) {
      to = from + lineBytesMax;
      flags |= LINE_TRUNCATED;
    }
    if ((flags & LINE_TRUNCATED) !== 0) this.#truncated++;
    this.#malformed++;
    builder.append(this.#chunk, from, to);
    builder.endLine(this.#seconds, this.#nanos, flags);
    if (this.#order === null) this.#order = { segment: this.#segment, offset: this.#base + from };
  }

  /** The record that the parser holds becomes a part of its stream's unfinished line. */
  #addPart(stream: 0 | 1, from: number, newline: number, truncated: boolean): Pending {
    const { parser, lineBytesMax } = this.#bench;
    let pending = this.#pending[stream];
    if (!pending) {
      const { seconds, nanos } = parser;
      const order = { segment: this.#segment, offset: 0 };
      pending = { parts: [], bytes: 0, truncated: false, seconds, nanos, order, covers: [], open: [] };
      this.#pending[stream] = pending;
    }
    const room = lineBytesMax - pending.bytes;
    const length = newline - parser.contentFrom;
    const taken = Math.min(room, length);
    if (taken > 0)
      pending.parts.push(Buffer.from(this.#chunk.subarray(parser.contentFrom, parser.contentFrom + taken)));
    if (taken < length || truncated) pending.truncated = true;
    pending.bytes += taken;
    this.#bench.pendingBytes += taken;
    const at = this.#base + from;
    pending.order = { segment: this.#segment, offset: at };
    if (pending.open.at(-1) === at) pending.open[pending.open.length - 1] = this.#base + newline + 1;
    else pending.open.push(at, this.#base + newline + 1);
    return pending;
  }

  /** The stream's unfinished line becomes a line, although its end may not have come. */
  #endPending(stream: 0 | 1, extraFlags: number, recordAt: number): void {
    const { builder } = this.#bench;
    const pending = this.#pending[stream]!;
    if (!builder.fits(pending.seconds)) this.#cut(recordAt);
    for (const part of pending.parts) builder.append(part, 0, part.length);
    const truncated = pending.truncated || (extraFlags & LINE_TRUNCATED) !== 0;
    const flags = extraFlags | (stream === 1 ? LINE_STDERR : 0) | (truncated ? LINE_TRUNCATED : 0);
    builder.endLine(pending.seconds, pending.nanos, flags);
    if (truncated) this.#truncated++;
    if (this.#order === null) this.#order = pending.order;
    this.#carried.push(...pending.covers);
    this.#bench.pendingBytes -= pending.bytes;
    this.#pending[stream] = null;
  }

  /** Ends the piece in the making at `regionTo`; ranges of unfinished lines are left out of it. */
  #cut(regionTo: number): void {
    const covers = this.#carried;
    let at = this.#regionFrom;
    for (const [from, to] of this.#takeHoles(regionTo)) {
      this.#cover(covers, at, from);
      at = to;
    }
    this.#cover(covers, at, regionTo);
    this.#regionFrom = regionTo;
    this.#carried = [];
    const { builder } = this.#bench;
    const lineCount = builder.lineCount;
    if (covers.length === 0 && lineCount === 0) return;
    const frame =
      lineCount > 0
        ? builder.finish(this.#instance, this.#order!, covers)
        : encodeFactsFrame([
            { kind: 'excluded', instance: this.#instance, covers, reason: 'rest of a truncated line' },
          ]);
    const [malformedCount, truncatedCount] = [this.#malformed, this.#truncated];
    this.#pieces.push({ frame, covers, lineCount, malformedCount, truncatedCount });
    this.#order = null;
    this.#malformed = this.#truncated = 0;
  }

  #cover(covers: Cover[], from: number, to: number): void {
    if (from < to) covers.push(this.#coverOf(from, to));
  }

  #coverOf(from: number, to: number): Cover {
    const hash = rangeHash(this.#chunk.subarray(from - this.#base, to - this.#base));
    return { segment: this.#segment, from, to, hash };
  }

  /** Unfinished lines leave the chunk: their ranges in it get their hashes while its bytes are here. */
  #takeHoles(regionTo: number): [from: number, to: number][] {
    const holes: [number, number][] = [];
    for (const pending of this.#pending) {
      if (!pending) continue;
      for (let i = 0; i < pending.open.length; i += 2) {
        const [from, to] = [pending.open[i]!, Math.min(pending.open[i + 1]!, regionTo)];
        if (from >= to) continue;
        holes.push([from, to]);
        pending.covers.push(this.#coverOf(from, to));
      }
      pending.open.length = 0;
    }
    return holes.sort((a, b) => a[0] - b[0]);
  }
}
