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

const sizeAtFirst = 256;
const KINDS = 3;
const SPACE = 0x20;
const lengthMax = 2 ** 16 - 1;

/** A series that is passed over. */
export const IGNORED = -2;
/** A series that is not in the index. */
export const UNKNOWN = -1;

/**
 * Which slot and metric a series of one kubelet's pages belongs to, by the bytes of its name and labels; no string is made.
 * Two hashes of 32 bits, begun with secret seeds, stand for the bytes: pages are large and there are many of them.
 * A page has its series in the order of the page before, nearly always: which one comes next is known, and looked for first.
 * Invariant: open addressing over a power of two, at most half full; an entry of UNKNOWN is free. `#next` of a place is the place
 * of the series that stood behind it last, `#lengths` how many bytes its series has.
 */
export class SeriesIndex {
  readonly #seedA: number;
  readonly #seedB: number;
  #hashesA = new Int32Array(sizeAtFirst);
  #hashesB = new Int32Array(sizeAtFirst);
  #entries = new Int32Array(sizeAtFirst).fill(UNKNOWN);
  #next = new Int32Array(sizeAtFirst).fill(-1);
  #lengths = new Uint16Array(sizeAtFirst);
  #size = 0;
  #a = 0;
  #b = 0;
  #length = 0;
  /** Of the series that was found last. */
  #last = -1;
  #first = -1;

  constructor(random: () => number) {
    this.#seedA = Math.trunc(random() * 2 ** 32) | 0;
    this.#seedB = Math.trunc(random() * 2 ** 32) | 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Of the series that was found last. */
  get entry(): number {
    return this.#entries[this.#last]!;
  }

  /** A page begins. */
  begin(): void {
    this.#last = -1;
  }

  /** The end of the series that is expected here, if it is the one and a space follows; else -1. */
  expect(page: Buffer, start: number): number {
    const place = this.#last < 0 ? this.#first : this.#next[this.#last]!;
    if (place < 0) return -1;
    const end = start + this.#lengths[place]!;
    if (end >= page.length || page[end] !== SPACE) return -1;
    this.#hash(page, start, end);
    if (this.#hashesA[place] !== this.#a || this.#hashesB[place] !== this.#b) return -1;
    this.#last = place;
    return end;
  }

  /** What was put in, or UNKNOWN. */
  find(page: Buffer, start: number, end: number): number {
    this.#hash(page, start, end);
    this.#length = end - start;
    const place = this.#place(this.#a, this.#b);
    if (this.#entries[place] !== UNKNOWN) this.#follow(place);
    return this.#entries[place]!;
  }

  /** For the series that was sought last: its slot and metric, or that it is passed over. */
  put(slot: number, kind: SampleKind): number {
    return this.#put(slot * KINDS + kind);
  }

  ignore(): void {
    this.#put(IGNORED);
  }

  clear(): void {
    this.#entries.fill(UNKNOWN);
    this.#next.fill(-1);
    this.#size = 0;
    this.#last = -1;
    this.#first = -1;
  }

  #put(entry: number): number {
    if (2 * (this.#size + 1) > this.#entries.length) this.#grow();
    const place = this.#place(this.#a, this.#b);
    if (this.#entries[place] === UNKNOWN) this.#size++;
    this.#hashesA[place] = this.#a;
    this.#hashesB[place] = this.#b;
    this.#entries[place] = entry;
    // One that is longer is never expected, for no length is 0.
    this.#lengths[place] = this.#length > lengthMax ? 0 : this.#length;
    this.#follow(place);
    return entry;
  }

  #follow(place: number): void {
    const at = this.#lengths[place] === 0 ? -1 : place;
    if (this.#last < 0) this.#first = at;
    else this.#next[this.#last] = at;
    this.#last = place;
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

  #place(a: number, b: number): number {
    const mask = this.#entries.length - 1;
    let place = (a ^ (a >>> 16)) & mask;
    while (this.#entries[place] !== UNKNOWN && (this.#hashesA[place] !== a || this.#hashesB[place] !== b)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  #grow(): void {
    const [hashesA, hashesB, entries, lengths] = [this.#hashesA, this.#hashesB, this.#entries, this.#lengths];
    const length = 2 * entries.length;
    this.#hashesA = new Int32Array(length);
    this.#hashesB = new Int32Array(length);
    this.#entries = new Int32Array(length).fill(UNKNOWN);
    // The order is learnt from the next page.
    this.#next = new Int32Array(length).fill(-1);
    this.#lengths = new Uint16Array(length);
    this.#last = -1;
    this.#first = -1;
    for (let at = 0; at < entries.length; at++) {
      if (entries[at] === UNKNOWN) continue;
      const place = this.#place(hashesA[at]!, hashesB[at]!);
      this.#hashesA[place] = hashesA[at]!;
      this.#hashesB[place] = hashesB[at]!;
      this.#entries[place] = entries[at]!;
      this.#lengths[place] = lengths[at]!;
    }
  }
}

export function slotOfEntry(entry: number): number {
  return Math.trunc(entry / KINDS);
}

export function kindOfEntry(entry: number): SampleKind {
  return (entry % KINDS) as SampleKind;
}
