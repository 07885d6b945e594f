import type { InstanceId } from '../batch/batch.ts';
import type { Piece } from './assemble.ts';
import { Reading, type ReadingContext } from './reading.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';

export interface ReaderHooks {
  /** A truncation has made a new segment, which the server must be asked about. */
  onNewSegment(): void;
  /** It is compressed and lacks something: to be read, it must be inflated. */
  inflate(segment: Segment): void;
}

/**
 * Reads the segments of one instance in their order.
 * Invariant: a segment is read only when those before it are read to their end.
 */
export class InstanceReader {
  readonly #context: ReadingContext;
  readonly #segments: Segments;
  readonly #hooks: ReaderHooks;
  #reading: Reading | null = null;
  /** What was unfinished at the end has been made lines. */
  flushed = false;
  /** The last turn got on although it made no piece. */
  advanced = false;

  constructor(context: ReadingContext, segments: Segments, hooks: ReaderHooks) {
    this.#context = context;
    this.#segments = segments;
    this.#hooks = hooks;
  }

  /** `seconds` is the time given to a malformed line as long as no record has told one. */
  begin(instance: InstanceId, seconds: number): void {
    this.#reading ??= new Reading(this.#context, instance, seconds);
  }

  /** Unfinished lines are forgotten; their bytes were never covered. */
  abandon(): void {
    this.#reading?.abandon();
    this.#reading = null;
    this.flushed = false;
  }

  get pendingSeconds(): number | undefined {
    return this.#reading?.pendingSeconds;
  }

  /** About one chunk; nothing where nothing can be made of what is there. `ended`: nothing more will be written. */
  read(now: number, ended: boolean, excluded: boolean): Piece[] {
    this.advanced = false;
    for (const segment of this.#segments.list) {
      if (segment.done) continue;
      const settled = this.#segments.isSettled(segment, now);
      if (segment.name === null && settled) continue;
      if (segment.name === null || !segment.resolved || !this.#makeReadable(segment)) return [];
      const { position } = segment;
      const pieces = this.#readOne(segment, settled, excluded);
      if (pieces.length > 0) {
        this.flushed = false;
        return pieces;
      }
      // Partial records alone, and a part of a long one, make no piece, but they were read.
      this.advanced = segment.position > position || this.#reading!.isSeeking;
      if (this.advanced) return [];
      if (segment.position < segment.size && !settled) segment.triedSize = segment.size;
      if (segment.position < segment.size || !settled) return [];
    }
    if (this.flushed || !ended) return [];
    this.flushed = true;
    return this.#reading!.flush();
  }

  hasWork(now: number, ended: boolean): boolean {
    for (const segment of this.#segments.list) {
      if (segment.done) continue;
      if (segment.name !== null && segment.held.firstMissing(segment.position) < segment.size) {
        // The beginning of a record at the end of a growing file is no work, unless the file has grown since.
        if (segment.size !== segment.triedSize || this.#segments.isSettled(segment, now)) return true;
      }
      if (segment.finalSinceMs === null) return false;
    }
    return ended && !this.flushed;
  }

  #readOne(segment: Segment, final: boolean, excluded: boolean): Piece[] {
    if (segment.position < segment.size && !segment.prefixMatches()) {
      if (this.#segments.truncate(segment)) this.#hooks.onNewSegment();
      return [];
    }
    return excluded ? this.#reading!.exclude(segment, final) : this.#reading!.read(segment, final);
  }

  #makeReadable(segment: Segment): boolean {
    if (segment.fd !== null || segment.held.firstMissing(segment.position) >= segment.size) return true;
    if (!segment.isCompressed) return segment.open() >= 0;
    this.#hooks.inflate(segment);
    return false;
  }
}
