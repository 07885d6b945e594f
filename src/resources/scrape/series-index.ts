import { SAMPLE, type SampleKind } from '../window/window.ts';

const BRACE_OPEN = 0x7b;
const names: { bytes: Buffer; kind: SampleKind; ofNode: boolean }[] = [
  { bytes: Buffer.from('node_cpu_usage_seconds_total'), kind: SAMPLE.cpuSeconds, ofNode: true },
  { bytes: Buffer.from('node_memory_working_set_bytes'), kind: SAMPLE.memoryBytes, ofNode: true },
  { bytes: Buffer.from('container_cpu_usage_seconds_total'), kind: SAMPLE.cpuSeconds, ofNode: false },
  { bytes: Buffer.from('container_memory_working_set_bytes'), kind: SAMPLE.memoryBytes, ofNode: false },
  { bytes: Buffer.from('container_start_time_seconds'), kind: SAMPLE.startSeconds, ofNode: false },
];

/** The metrics that count; what else a page holds is passed over. */
export function metricAt(page: Buffer, start: number, end: number): { kind: SampleKind; ofNode: boolean } | undefined {
  for (const name of names) {
    const nameEnd = start + name.bytes.length;
    if (nameEnd > end || (nameEnd < end && page[nameEnd] !== BRACE_OPEN)) continue;
    if (page.compare(name.bytes, 0, name.bytes.length, start, nameEnd) === 0) return name;
  }
  return undefined;
}

const KINDS = 3;
const SPACE = 0x20;
const lengthMax = 2 ** 16 - 1;
/** Distinct series of one node that are remembered; what is beyond is looked up by its labels each time. */
const seriesMax = 50_000;
/** What a row holds: two hashes, the entry, the row that stood behind it last, how many bytes its series has. */
const HASH_A = 0;
const HASH_B = 1;
const ENTRY = 2;
const NEXT = 3;
const LENGTH = 4;
const ROW = 5;
const rowsAtFirst = 64;
const rowsGrowth = 1.25;
/** A power of two. */
const placesAtFirst = 128;
const NONE = -1;

/** A series that is passed over. */
export const IGNORED = -2;
/** A series that is not in the index. */
export const UNKNOWN = -1;

/**
 * Which slot and metric a series of one kubelet's pages belongs to, by the bytes of its name and labels; no string is made.
 * Two hashes of 32 bits, begun with secret seeds, stand for the bytes: pages are large and there are many of them.
 * A page has its series in the order of the page before, nearly always: which one comes next is known, and looked for first.
 * Invariant: there are `#size` rows in use, the first ones. `#places` is open addressing over a power of two, at most half full:
 * a row's number and one, or 0 where it is free.
 */
export class SeriesIndex {
  readonly #seedA: number;
  readonly #seedB: number;
  #rows = new Int32Array(ROW * rowsAtFirst);
  #places = new Uint16Array(placesAtFirst);
  #size = 0;
  #a = 0;
  #b = 0;
  #length = 0;
  /** Of the series that was found last. */
  #last = NONE;
  #first = NONE;

  constructor(random: () => number) {
    this.#seedA = Math.trunc(random() * 2 ** 32) | 0;
    this.#seedB = Math.trunc(random() * 2 ** 32) | 0;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= seriesMax;
  }

  /** Of the series that was found last. */
  get entry(): number {
    return this.#rows[ROW * this.#last + ENTRY]!;
  }

  /** A page begins. */
  begin(): void {
    this.#last = NONE;
  }

  /** The end of the series that is expected here, if it is the one and a space follows; else -1. */
  expect(page: Buffer, start: number): number {
    const rows = this.#rows;
    const next = this.#last === NONE ? this.#first : rows[ROW * this.#last + NEXT]!;
    if (next === NONE) return -1;
    const row = ROW * next;
    const end = start + rows[row + LENGTH]!;
    if (end >= page.length || page[end] !== SPACE) return -1;
    this.#hash(page, start, end);
    if (rows[row + HASH_A] !== this.#a || rows[row + HASH_B] !== this.#b) return -1;
    this.#last = next;
    return end;
  }

  /** What was put in, or UNKNOWN. */
  find(page: Buffer, start: number, end: number): number {
    this.#hash(page, start, end);
    this.#length = end - start;
    const at = this.#places[this.#placeOf(this.#a, this.#b)]! - 1;
    if (at < 0) return UNKNOWN;
    this.#follow(at);
    return this.#rows[ROW * at + ENTRY]!;
  }

  /** For the series that was sought last, and not found: its slot and metric, or that it is passed over. There is room while not `isFull`. */
  put(slot: number, kind: SampleKind): number {
    return this.#put(slot * KINDS + kind);
  }

  ignore(): void {
    this.#put(IGNORED);
  }

  clear(): void {
    this.#places.fill(0);
    this.#size = 0;
    this.#last = NONE;
    this.#first = NONE;
  }

  #put(entry: number): number {
    if (2 * (this.#size + 1) > this.#places.length) this.#growPlaces();
    if (ROW * (this.#size + 1) > this.#rows.length) this.#growRows();
    const at = this.#size++;
    this.#places[this.#placeOf(this.#a, this.#b)] = at + 1;
    const row = ROW * at;
    this.#rows[row + HASH_A] = this.#a;
    this.#rows[row + HASH_B] = this.#b;
    this.#rows[row + ENTRY] = entry;
    this.#rows[row + NEXT] = NONE;
    // One that is longer is never expected, for no length is 0.
    this.#rows[row + LENGTH] = this.#length > lengthMax ? 0 : this.#length;
    this.#follow(at);
    return entry;
  }

  #follow(at: number): void {
    const next = this.#rows[ROW * at + LENGTH] === 0 ? NONE : at;
    if (this.#last === NONE) this.#first = next;
    else this.#rows[ROW * this.#last + NEXT] = next;
    this.#last = at;
  }

  /** Four bytes at a time, which is what makes reading a page quick. */
  #hash(page: Buffer, start: number, end: number): void {
    let [a, b] = [this.#seedA, this.#seedB];
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = page[at]! | (page[at + 1]! << 8) | (page[at + 2]! << 16) | (page[at + 3]! << 24);
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b + word, 0x5bd1e995);
      b ^= b >>> 13;
    }
    for (; at < end; at++) {
      const byte = page[at]!;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b + byte, 0x5bd1e995);
      b ^= b >>> 15;
    }
    this.#a = a;
    this.#b = b;
  }

  /** Where the row of these hashes is named, or would be. */
  #placeOf(a: number, b: number): number {
    const mask = this.#places.length - 1;
    for (let place = (a ^ (a >>> 16)) & mask; ; place = (place + 1) & mask) {
      const row = ROW * (this.#places[place]! - 1);
      if (row < 0 || (this.#rows[row + HASH_A] === a && this.#rows[row + HASH_B] === b)) return place;
    }
  }

  #growPlaces(): void {
    this.#places = new Uint16Array(2 * this.#places.length);
    for (let at = 0; at < this.#size; at++) {
      this.#places[this.#placeOf(this.#rows[ROW * at + HASH_A]!, this.#rows[ROW * at + HASH_B]!)] = at + 1;
    }
  }

  #growRows(): void {
    const rows = new Int32Array(ROW * Math.ceil((this.#rows.length / ROW) * rowsGrowth));
    rows.set(this.#rows);
    this.#rows = rows;
  }
}

export function slotOfEntry(entry: number): number {
  return Math.trunc(entry / KINDS);
}

export function kindOfEntry(entry: number): SampleKind {
  return (entry % KINDS) as SampleKind;
}
