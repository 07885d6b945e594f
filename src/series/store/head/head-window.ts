import { ByteReader } from '../chunk/byte-reader.ts';
import { ByteWriter } from '../chunk/byte-writer.ts';
import { type ChunkColumns, chunkCount, chunkSamplesMax, readChunk, writeChunk } from '../chunk/chunk.ts';
import type { SelectionBuilder } from '../read/encoded-selection.ts';
import type { WalFile } from '../wal/wal-file.ts';
import { Arena } from './arena.ts';
import { Int32Column } from './columns.ts';
import { type TailSlab, Tails, tailLength } from './tails.ts';

/** What a window says of a sample. */
export const TAKEN = 0;
export const REPEATED = 1;
export const CONFLICTING = 2;

/** Samples that came late may make a part this much longer before it is cut in two. */
const PART_SAMPLES_MAX = 2 * tailLength;
const NONE = -1;

const scratch = columnsOf(chunkSamplesMax + 1);
const halves = columnsOf(chunkSamplesMax + 1);
const encoded = new ByteWriter(16 * 1024);

function columnsOf(length: number): ChunkColumns & { starts: Float64Array } {
  return { times: new Float64Array(length), values: new Float64Array(length), starts: new Float64Array(length) };
}

export interface FrozenWindow {
  startMs: number;
  endMs: number;
  arena: SharedArrayBuffer[];
  tails: TailSlab[];
  counts: Uint8Array<SharedArrayBuffer>;
  slots: Int32Array;
  lastPart: Int32Array;
  totals: Int32Array;
}

/**
 * The samples of one tenant in one stretch of time. A series has a *local* number here; its samples are in compressed parts, linked from the
 * newest to the oldest, and in the tail. Invariant: parts and tail do not overlap in time, and each time is there once.
 */
export class HeadWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly arena: Arena;
  readonly tails: Tails;
  /** By local number. */
  readonly slots = new Int32Column();
  readonly lastPart = new Int32Column();
  /** The time of the newest sample in the parts, or NONE. */
  readonly partsEnd = new Int32Column();
  readonly totals = new Int32Column();
  /** Slot to local number plus one. */
  readonly #locals = new Int32Column();
  samples = 0;
  /** When samples were last put in, on the clock that only goes forward. */
  writtenMs = 0;
  /** The WAL file that the window's samples are written to; made with the first of them. */
  wal: WalFile | undefined;
  /** Numbers of all WAL files that hold samples of the window. */
  readonly walNumbers: number[] = [];
  minMs = Number.POSITIVE_INFINITY;
  maxMs = Number.NEGATIVE_INFINITY;

  constructor(startMs: number, endMs: number, frozen?: FrozenWindow) {
    this.startMs = startMs;
    this.endMs = endMs;
    this.arena = new Arena(frozen?.arena);
    this.tails = new Tails(frozen?.tails, frozen?.counts);
    for (const slot of frozen?.slots ?? []) this.slots.push(slot);
    for (const part of frozen?.lastPart ?? []) this.lastPart.push(part);
    for (const total of frozen?.totals ?? []) this.totals.push(total);
  }

  /** What another thread needs to read the window; nothing may be added any more. The samples are shared, not copied. */
  freeze(): FrozenWindow {
    return {
      startMs: this.startMs,
      endMs: this.endMs,
      arena: this.arena.slabs,
      tails: this.tails.slabs,
      counts: this.tails.counts,
      slots: this.slots.taken(),
      lastPart: this.lastPart.taken(),
      totals: this.totals.taken(),
    };
  }

  /** Bytes of the WAL files that are no longer written. */
  oldWalBytes = 0;

  get walBytes(): number {
    return this.oldWalBytes + (this.wal?.bytes ?? 0);
  }

  get series(): number {
    return this.slots.length;
  }

  /** The local number of a series, or -1. */
  localOf(slot: number): number {
    return slot < this.#locals.data.length ? this.#locals.data[slot]! - 1 : -1;
  }

  #addLocal(slot: number): number {
    const local = this.slots.push(slot);
    this.lastPart.push(0);
    this.partsEnd.push(NONE);
    this.totals.push(0);
    this.tails.addSeries(local);
    this.#locals.reserve(slot + 1);
    this.#locals.data[slot] = local + 1;
    return local;
  }

  /** Takes a sample of a time within the window. */
  append(
    slot: number,
    timeMs: number,
    value: number,
    start: number,
  ): typeof TAKEN | typeof REPEATED | typeof CONFLICTING {
    let local = this.localOf(slot);
    if (local < 0) local = this.#addLocal(slot);
    const offset = timeMs - this.startMs;
    const count = this.tails.counts[local]!;
    const newest = this.#newest(local, count);
    let result: typeof TAKEN | typeof REPEATED | typeof CONFLICTING = TAKEN;
    if (offset > newest) this.#push(local, count, offset, value, start);
    else if (offset > this.partsEnd.data[local]!) result = this.#insertIntoTail(local, count, offset, value, start);
    else result = this.#insertIntoParts(local, offset, value, start);
    if (result !== TAKEN) return result;
    this.samples++;
    this.totals.data[local]!++;
    if (timeMs < this.minMs) this.minMs = timeMs;
    if (timeMs > this.maxMs) this.maxMs = timeMs;
    return TAKEN;
  }

  #newest(local: number, count: number): number {
    if (count === 0) return this.partsEnd.data[local]!;
    return this.tails.slabOf(local).offsets[this.tails.baseOf(local) + count - 1]!;
  }

  #push(local: number, count: number, offset: number, value: number, start: number): void {
    this.tails.insert(local, count, offset, value, start);
    if (count + 1 === tailLength) this.#encodeTail(local);
  }

  #insertIntoTail(local: number, count: number, offset: number, value: number, start: number) {
    const slab = this.tails.slabOf(local);
    const base = this.tails.baseOf(local);
    let place = count;
    while (place > 0 && slab.offsets[base + place - 1]! >= offset) place--;
    if (place < count && slab.offsets[base + place] === offset) return compare(slab.values, base + place, value);
    this.tails.insert(local, place, offset, value, start);
    if (count + 1 === tailLength) this.#encodeTail(local);
    return TAKEN;
  }

  #encodeTail(local: number): void {
    const count = this.tails.counts[local]!;
    const { offsets, values, starts } = this.tails.slabOf(local);
    const base = this.tails.baseOf(local);
    const first = offsets[base]!;
    for (let i = 0; i < count; i++) scratch.times[i] = offsets[base + i]! - first;
    scratch.values.set(values.subarray(base, base + count));
    if (starts) scratch.starts.set(starts.subarray(base, base + count));
    else scratch.starts.fill(0, 0, count);
    this.lastPart.data[local] = this.#addPart(this.lastPart.data[local]!, first, scratch, count);
    this.partsEnd.data[local] = offsets[base + count - 1]!;
    this.tails.counts[local] = 0;
  }

  /** Times of the columns count from `first`. */
  #addPart(previous: number, first: number, columns: ChunkColumns, count: number): number {
    encoded.at = 0;
    writeChunk(encoded, columns, count);
    return this.arena.add(previous, first, encoded.written());
  }

  #insertIntoParts(local: number, offset: number, value: number, start: number) {
    let next = 0;
    let part = this.lastPart.data[local]! >>> 0;
    while (this.arena.mark(part) > offset && this.arena.previous(part) !== 0) {
      next = part;
      part = this.arena.previous(part);
    }
    const count = this.#decodePart(part, scratch, 0);
    let place = 0;
    while (place < count && scratch.times[place]! < offset) place++;
    if (place < count && scratch.times[place] === offset) return compare(scratch.values, place, value);
    insertAt(scratch, place, count, offset, value, start);
    const replaced = this.#writeParts(this.arena.previous(part), count + 1);
    if (next === 0) this.lastPart.data[local] = replaced;
    else this.arena.relink(next, replaced);
    return TAKEN;
  }

  /** Writes what is in `scratch`, with times from the window's beginning, as one part or two. */
  #writeParts(previous: number, count: number): number {
    const lengths = count > PART_SAMPLES_MAX ? [count >> 1, count - (count >> 1)] : [count];
    let from = 0;
    for (const length of lengths) {
      const first = scratch.times[from]!;
      for (let i = 0; i < length; i++) halves.times[i] = scratch.times[from + i]! - first;
      halves.values.set(scratch.values.subarray(from, from + length));
      halves.starts.set(scratch.starts.subarray(from, from + length));
      previous = this.#addPart(previous, first, halves, length);
      from += length;
    }
    return previous;
  }

  /** Decodes a part to `at` of the columns, with times from the window's beginning, and gives how many samples it has. */
  #decodePart(part: number, into: ChunkColumns, at: number): number {
    const { bytes, at: place } = this.arena.place(part);
    const count = readChunk(new ByteReader(bytes, place), into, at);
    const first = this.arena.mark(part);
    for (let i = at; i < at + count; i++) into.times[i]! += first;
    return count;
  }

  /** How many samples a series has. */
  samplesOf(local: number): number {
    return this.totals.data[local]!;
  }

  /** The time of the newest sample of a series, or NaN. */
  newestMs(local: number): number {
    const newest = this.#newest(local, this.tails.counts[local]!);
    return newest === NONE ? Number.NaN : this.startMs + newest;
  }

  /** Removes samples from `minMs` to `maxMs`. */
  remove(slot: number, minMs: number, maxMs: number): void {
    const local = this.localOf(slot);
    if (local < 0) return;
    const all = columnsOf(this.samplesOf(local));
    const count = this.read(local, all);
    this.lastPart.data[local] = 0;
    this.partsEnd.data[local] = NONE;
    this.tails.counts[local] = 0;
    this.samples -= count;
    this.totals.data[local] = 0;
    for (let i = 0; i < count; i++) {
      if (all.times[i]! >= minMs && all.times[i]! <= maxMs) continue;
      this.append(slot, all.times[i]!, all.values[i]!, all.starts[i]!);
    }
  }

  /** Writes all samples of a series to the columns and gives how many they are. */
  read(local: number, into: ChunkColumns): number {
    const parts = this.#parts(local, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    let end = 0;
    for (let i = parts.length - 1; i >= 0; i--) end += this.#decodePart(parts[i]!, into, end);
    end = this.#readTail(local, into, end);
    for (let i = 0; i < end; i++) into.times[i]! += this.startMs;
    return end;
  }

  /** Those with samples from `minMs` to `maxMs`, and perhaps others, the newest first. */
  #parts(local: number, minMs: number, maxMs: number): number[] {
    const parts: number[] = [];
    for (let part = this.lastPart.data[local]! >>> 0; part !== 0; part = this.arena.previous(part)) {
      const first = this.arena.mark(part) + this.startMs;
      if (first <= maxMs) parts.push(part);
      if (first <= minMs) break;
    }
    return parts;
  }

  /** Adds what the series has from `minMs` to `maxMs`, and perhaps more: parts as they stand, since they never change; the tail as a copy. */
  list(local: number, minMs: number, maxMs: number, into: SelectionBuilder): void {
    const slab = this.tails.slabOf(local);
    const base = this.tails.baseOf(local);
    const count = this.tails.counts[local]!;
    const tailMs = count === 0 ? Number.POSITIVE_INFINITY : this.startMs + slab.offsets[base]!;
    if (tailMs > minMs) {
      const parts = this.#parts(local, minMs, maxMs);
      for (let i = parts.length - 1; i >= 0; i--) {
        const { bytes, at } = this.arena.place(parts[i]!);
        into.addChunk(bytes, at, bytes.length, this.startMs + this.arena.mark(parts[i]!), chunkCount(bytes, at));
      }
    }
    if (tailMs > maxMs) return;
    const { offsets: times, values, starts } = slab;
    into.addColumns({ times, values, starts }, base, base + count, this.startMs);
  }

  #readTail(local: number, into: ChunkColumns, at: number): number {
    const { offsets, values, starts } = this.tails.slabOf(local);
    const base = this.tails.baseOf(local);
    const count = this.tails.counts[local]!;
    for (let i = 0; i < count; i++) into.times[at + i] = offsets[base + i]!;
    into.values.set(values.subarray(base, base + count), at);
    if (starts) into.starts?.set(starts.subarray(base, base + count), at);
    else into.starts?.fill(0, at, at + count);
    return at + count;
  }
}

/** Whether a sample of the same time is the same, bit by bit. */
function compare(values: Float64Array, at: number, value: number): typeof REPEATED | typeof CONFLICTING {
  pair[0] = values[at]!;
  pair[1] = value;
  return pairWords[0] === pairWords[2] && pairWords[1] === pairWords[3] ? REPEATED : CONFLICTING;
}

const pair = new Float64Array(2);
const pairWords = new Uint32Array(pair.buffer);

function insertAt(
  columns: ChunkColumns,
  place: number,
  count: number,
  time: number,
  value: number,
  start: number,
): void {
  for (const column of [columns.times, columns.values, columns.starts!]) column.copyWithin(place + 1, place, count);
  columns.times[place] = time;
  columns.values[place] = value;
  columns.starts![place] = start;
}
