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

/**
 * Which slot and metric a series of one kubelet's pages belongs to, by the bytes of its name and labels; no string is made.
 * Two hashes of 32 bits, begun with secret seeds, stand for the bytes: pages are large and there are many of them.
 * Invariant: open addressing over a power of two, at most half full; an entry of -1 is free.
 */
export class SeriesIndex {
  readonly #seedA: number;
  readonly #seedB: number;
  #hashesA = new Int32Array(sizeAtFirst);
  #hashesB = new Int32Array(sizeAtFirst);
  #entries = new Int32Array(sizeAtFirst).fill(-1);
  #size = 0;
  #a = 0;
  #b = 0;

  constructor(random: () => number) {
    this.#seedA = Math.trunc(random() * 2 ** 32) | 0;
    this.#seedB = Math.trunc(random() * 2 ** 32) | 0;
  }

  get size(): number {
    return this.#size;
  }

  /** What was put in, or -1. */
  find(page: Buffer, start: number, end: number): number {
    let [a, b] = [this.#seedA, this.#seedB];
    for (let at = start; at < end; at++) {
      const byte = page[at]!;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b + byte, 0x5bd1e995);
      b ^= b >>> 15;
    }
    this.#a = a;
    this.#b = b;
    return this.#entries[this.#place(a, b)]!;
  }

  /** For the series that was sought last. */
  put(slot: number, kind: SampleKind): number {
    if (2 * (this.#size + 1) > this.#entries.length) this.#grow();
    const place = this.#place(this.#a, this.#b);
    if (this.#entries[place] === -1) this.#size++;
    this.#hashesA[place] = this.#a;
    this.#hashesB[place] = this.#b;
    this.#entries[place] = slot * KINDS + kind;
    return this.#entries[place]!;
  }

  clear(): void {
    this.#entries.fill(-1);
    this.#size = 0;
  }

  #place(a: number, b: number): number {
    const mask = this.#entries.length - 1;
    let place = (a ^ (a >>> 16)) & mask;
    while (this.#entries[place] !== -1 && (this.#hashesA[place] !== a || this.#hashesB[place] !== b)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  #grow(): void {
    const [hashesA, hashesB, entries] = [this.#hashesA, this.#hashesB, this.#entries];
    const length = 2 * entries.length;
    this.#hashesA = new Int32Array(length);
    this.#hashesB = new Int32Array(length);
    this.#entries = new Int32Array(length).fill(-1);
    for (let at = 0; at < entries.length; at++) {
      if (entries[at] === -1) continue;
      const place = this.#place(hashesA[at]!, hashesB[at]!);
      this.#hashesA[place] = hashesA[at]!;
      this.#hashesB[place] = hashesB[at]!;
      this.#entries[place] = entries[at]!;
    }
  }
}

export function slotOfEntry(entry: number): number {
  return Math.trunc(entry / KINDS);
}

export function kindOfEntry(entry: number): SampleKind {
  return (entry % KINDS) as SampleKind;
}
