import { encodeFactsFrame, type InstanceId, RangeHasher, rangeHash } from '../batch/batch.ts';
import { Assembler, type Piece, type Workbench } from './assemble.ts';
import type { CollectMetrics } from './metrics.ts';
import type { Segment } from './segment.ts';
import type { CollectSettings } from './settings.ts';
import { readAt } from './source.ts';

const NEWLINE = 0x0a;
const PREFIX_BYTES_MAX = 256;
/** How many chunks of a long record are looked through in one turn. */
const LONG_CHUNKS_MAX = 8;

/** One chunk and one workbench serve all instances, since one is read at a time. */
export interface ReadingContext {
  settings: CollectSettings;
  bench: Workbench;
  chunk: Buffer;
  metrics: CollectMetrics;
}

/** A record longer than a chunk: it is hashed while its end is sought, and its beginning is kept. */
interface LongRecord {
  segment: Segment;
  from: number;
  at: number;
  hash: RangeHasher;
  head: Buffer;
}

/** Reads segments of one instance chunk by chunk, from where each stands; holds what is unfinished between chunks. */
export class Reading {
  readonly #context: ReadingContext;
  readonly #instance: InstanceId;
  readonly #assembler: Assembler;
  #long: LongRecord | null = null;

  /** `seconds` is the time given to a malformed line as long as no record has told one. */
  constructor(context: ReadingContext, instance: InstanceId, seconds: number) {
    this.#context = context;
    this.#instance = instance;
    this.#assembler = new Assembler(context.bench, instance, seconds);
  }

  /** Seconds since 1970 of the latest unfinished line, or undefined where there is none. */
  get pendingSeconds(): number | undefined {
    return this.#assembler.pendingSeconds;
  }

  /** True while the end of a long record is sought in bytes that are there. */
  get isSeeking(): boolean {
    return this.#long !== null && this.#long.at < this.#long.segment.size;
  }

  /** Unfinished lines are forgotten; their bytes were never covered. */
  abandon(): void {
    this.#assembler.reset();
    this.#long = null;
  }

  /** The next chunk's worth. `final`: the segment will not grow, so a last record without a newline is taken as it is. */
  read(segment: Segment, final: boolean): Piece[] {
    if (this.#long) return this.#seekEnd(this.#long, final);
    segment.position = segment.held.firstMissing(segment.position);
    if (segment.position >= segment.size) return [];
    const { chunk, settings } = this.#context;
    const limit = Math.min(segment.size, segment.held.nextFrom(segment.position));
    const bytes = readAt(
      segment.open(),
      chunk,
      Math.min(settings.chunkBytes, limit - segment.position),
      segment.position,
    );
    const end = chunk.subarray(0, bytes).lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const base = segment.position;
      segment.position += end;
      return this.#counted(this.#assembler.consume(segment.name!, chunk, end, base), end);
    }
    if (bytes < settings.chunkBytes && limit === segment.size && !final) return [];
    return this.#begin(segment, final);
  }

  /** Excluded: the bytes count as covered, and nothing of them leaves the node. */
  exclude(segment: Segment, final: boolean): Piece[] {
    const { chunk, settings, metrics } = this.#context;
    segment.position = segment.held.firstMissing(segment.position);
    const from = segment.position;
    const wanted = Math.min(settings.chunkBytes, segment.held.nextFrom(from) - from, segment.size - from);
    const read = wanted > 0 ? readAt(segment.open(), chunk, wanted, from) : 0;
    let bytes = chunk.subarray(0, read).lastIndexOf(NEWLINE) + 1;
    if (bytes === 0 && (final || read === settings.chunkBytes)) bytes = read;
    if (bytes === 0) return [];
    const covers = [{ segment: segment.name!, from, to: from + bytes, hash: rangeHash(chunk.subarray(0, bytes)) }];
    segment.position += bytes;
    metrics.excludedBytes.add(bytes);
    const frame = encodeFactsFrame([{ kind: 'excluded', instance: this.#instance, covers, reason: 'annotation' }]);
    return [{ frame, covers, lineCount: 0, malformedCount: 0, truncatedCount: 0 }];
  }

  /** The container has ended: what is unfinished becomes lines. */
  flush(): Piece[] {
    return this.#counted(this.#assembler.flush(), 0);
  }

  #begin(segment: Segment, final: boolean): Piece[] {
    const head = Buffer.allocUnsafe(this.#context.settings.lineBytesMax + PREFIX_BYTES_MAX);
    const from = segment.position;
    const bytes = readAt(segment.open(), head, Math.min(head.length, segment.size - from), from);
    this.#long = { segment, from, at: from, hash: new RangeHasher(), head: head.subarray(0, bytes) };
    return this.#seekEnd(this.#long, final);
  }

  #seekEnd(long: LongRecord, final: boolean): Piece[] {
    const { chunk, settings } = this.#context;
    const { segment } = long;
    const limit = Math.min(segment.size, segment.held.nextFrom(long.from));
    for (let i = 0; i < LONG_CHUNKS_MAX; i++) {
      const bytes = readAt(segment.open(), chunk, Math.min(settings.chunkBytes, limit - long.at), long.at);
      const newline = chunk.subarray(0, bytes).indexOf(NEWLINE);
      const taken = newline >= 0 ? newline + 1 : bytes;
      long.hash.update(chunk.subarray(0, taken));
      long.at += taken;
      if (newline >= 0) return this.#end(long, 1);
      if (long.at >= limit) return final || limit < segment.size ? this.#end(long, 0) : [];
    }
    return [];
  }

  #end(long: LongRecord, newlineBytes: number): Piece[] {
    const { segment, from, at } = long;
    this.#long = null;
    segment.position = at;
    const contentBytes = at - from - newlineBytes;
    const head = long.head.subarray(0, Math.min(long.head.length, contentBytes));
    const cover = { segment: segment.name!, from, to: at, hash: long.hash.digest() };
    const whole = contentBytes <= long.head.length;
    const pieces = this.#assembler.consumeSingle(segment.name!, head, cover, whole, newlineBytes === 0);
    return this.#counted(pieces, at - from);
  }

  #counted(pieces: Piece[], bytes: number): Piece[] {
    const { metrics } = this.#context;
    if (bytes > 0) metrics.bytes.add(bytes);
    for (const piece of pieces) {
      metrics.lines.add(piece.lineCount);
      if (piece.malformedCount > 0) metrics.malformed.add(piece.malformedCount);
      if (piece.truncatedCount > 0) metrics.truncatedLines.add(piece.truncatedCount);
    }
    return pieces;
  }
}
