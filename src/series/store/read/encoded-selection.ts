import type { Labels } from '../../query/query.ts';
import type { ChunkColumns } from '../chunk/chunk.ts';
import { Int32Column } from '../head/columns.ts';
import { LabelsPacker, type PackedLabels } from './packed-labels.ts';

/** Room for chunks that are copied, and for samples that are in no chunk yet: little at first, since most selections are small. */
const firstSlabBytes = 8 * 1024;
const slabBytesMax = 256 * 1024;

/** What a piece of a series is: a chunk, or columns of times and values, and of starts behind them. */
export const CHUNK = 0;
export const COLUMNS = 1;
export const COLUMNS_WITH_STARTS = 2;

/**
 * Series as the store has them, still compressed, with at least the samples from `minMs` to `maxMs`: plain data that another thread can decode.
 * A piece is a chunk or columns; the pieces of a series stand in the order of precedence. What is in them is never changed any more.
 */
export interface EncodedSelection extends PackedLabels {
  minMs: number;
  maxMs: number;
  /** The series stand in the order of their labels. */
  isSorted: boolean;
  series: number;
  /** In all pieces. */
  samples: number;
  pieceCounts: Int32Array<ArrayBuffer>;
  kinds: Uint8Array<ArrayBuffer>;
  /** Which of `memory` a piece is in, where it begins, where nothing of it is any more, and how many samples it has. */
  places: Int32Array<ArrayBuffer>;
  begins: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;
  counts: Int32Array<ArrayBuffer>;
  /** What the times of a piece count from. */
  originsMs: Float64Array<ArrayBuffer>;
  memory: ArrayBufferLike[];
}

/** The buffers that can be moved to another thread; the shared ones among the memory cannot, and need not. */
export function movable({
  labelCounts,
  symbols,
  pieceCounts,
  kinds,
  places,
  begins,
  ends,
  counts,
  originsMs,
  memory,
}: EncodedSelection): ArrayBuffer[] {
  const columns = [labelCounts, symbols, pieceCounts, kinds, places, begins, ends, counts, originsMs];
  return [...columns.map(({ buffer }) => buffer), ...memory.filter((buffer) => buffer instanceof ArrayBuffer)];
}

/** Lists what a selection is made of, series after series. */
export class SelectionBuilder {
  readonly #labels = new LabelsPacker();
  readonly #pieceCounts = new Int32Column();
  readonly #kinds = new Int32Column();
  readonly #places = new Int32Column();
  readonly #begins = new Int32Column();
  readonly #ends = new Int32Column();
  readonly #counts = new Int32Column();
  #originsMs = new Float64Array(64);
  readonly #memory: ArrayBufferLike[] = [];
  readonly #numbers = new Map<ArrayBufferLike, number>();
  #slab = new Uint8Array(0);
  #slabAt = 0;
  #slabBytes = firstSlabBytes;
  samples = 0;
  /** No fewer samples than this are within the time: of the first and last piece of each series that is not known. */
  samplesMin = 0;

  /** What is added from now on is of this series. Series come in the order of their labels. */
  begin(labels: Labels): void {
    this.#labels.add(labels);
    this.beginNext();
  }

  /** Of the next series, whose labels are known to whoever finishes. */
  beginNext(): void {
    this.#endSeries();
    this.#pieceCounts.push(0);
  }

  #endSeries(): void {
    const pieces = this.#pieceCounts.data[this.#pieceCounts.length - 1] ?? 0;
    for (let piece = 1; piece < pieces - 1; piece++)
      this.samplesMin += this.#counts.data[this.#counts.length - 1 - piece]!;
  }

  /** A chunk that stays as it is where it is. */
  addChunk(bytes: Uint8Array, at: number, end: number, originMs: number, count: number): void {
    const from = bytes.byteOffset;
    this.#add(CHUNK, bytes.buffer, from + at, from + end, originMs, count);
  }

  /** Chunks that stand one after the other in bytes which may be used otherwise later. */
  addCopy(
    bytes: Uint8Array,
    chunks: readonly { offset: number; length: number; minMs: number; count: number }[],
  ): void {
    const to = this.#room(bytes.length);
    this.#slab.set(bytes, to);
    const first = chunks[0]!.offset;
    for (const { offset, length, minMs, count } of chunks) {
      const at = to + offset - first;
      this.#add(CHUNK, this.#slab.buffer, at, at + length, minMs, count);
    }
  }

  /** Samples in no chunk, from `from` to before `to` of the columns: copied. */
  addColumns({ times, values, starts }: ArrayLikeColumns, from: number, to: number, originMs: number): void {
    const count = to - from;
    if (count === 0) return;
    const bytes = count * 8 * (starts ? 3 : 2);
    const at = this.#room(bytes);
    const target = new Float64Array(this.#slab.buffer, at, bytes / 8);
    for (let i = 0; i < count; i++) target[i] = times[from + i]!;
    target.set(values.subarray(from, to), count);
    if (starts) target.set(starts.subarray(from, to), 2 * count);
    this.#add(starts ? COLUMNS_WITH_STARTS : COLUMNS, this.#slab.buffer, at, at + bytes, originMs, count);
  }

  /** Where so many bytes of the slab begin, on a multiple of eight. */
  #room(bytes: number): number {
    const at = (this.#slabAt + 7) & ~7;
    if (at + bytes > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(this.#slabBytes, bytes));
      this.#slabBytes = Math.min(slabBytesMax, 2 * this.#slabBytes);
      this.#slabAt = bytes;
      return 0;
    }
    this.#slabAt = at + bytes;
    return at;
  }

  #add(kind: number, memory: ArrayBufferLike, begin: number, end: number, originMs: number, count: number): void {
    const piece = this.#kinds.push(kind);
    this.#places.push(this.#numberOf(memory));
    this.#begins.push(begin);
    this.#ends.push(end);
    this.#counts.push(count);
    if (piece === this.#originsMs.length) {
      const grown = new Float64Array(piece * 2);
      grown.set(this.#originsMs);
      this.#originsMs = grown;
    }
    this.#originsMs[piece] = originMs;
    this.#pieceCounts.data[this.#pieceCounts.length - 1]!++;
    this.samples += count;
  }

  #numberOf(memory: ArrayBufferLike): number {
    let number = this.#numbers.get(memory);
    if (number === undefined) {
      number = this.#memory.push(memory) - 1;
      this.#numbers.set(memory, number);
    }
    return number;
  }

  /** Nothing can be added afterwards. `unsorted`: the labels of series that came in any order. */
  finish(minMs: number, maxMs: number, unsorted?: PackedLabels): EncodedSelection {
    this.#endSeries();
    return {
      ...(unsorted ?? this.#labels.finish()),
      isSorted: unsorted === undefined,
      minMs,
      maxMs,
      series: this.#pieceCounts.length,
      samples: this.samples,
      pieceCounts: this.#pieceCounts.taken(),
      kinds: Uint8Array.from(this.#kinds.taken()),
      places: this.#places.taken(),
      begins: this.#begins.taken(),
      ends: this.#ends.taken(),
      counts: this.#counts.taken(),
      originsMs: this.#originsMs.slice(0, this.#kinds.length),
      memory: this.#memory,
    };
  }
}

/** Times of any kind of numbers. */
export type ArrayLikeColumns = Omit<ChunkColumns, 'times'> & { times: ArrayLike<number> };
