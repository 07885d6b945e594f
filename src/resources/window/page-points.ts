import { grownColumn } from './grown-column.ts';
import type { NodeWindow } from './node-window.ts';
import type { Point, ScrapeTime } from './point-rows.ts';

/** What a sample of the kubelet's page is about. */
export const SAMPLE = { cpuSeconds: 0, memoryBytes: 1, startSeconds: 2 } as const;
export type SampleKind = (typeof SAMPLE)[keyof typeof SAMPLE];

/** What a page says of a slot: a figure of each kind, and the time of its CPU. */
const TIME_MS = 3;
const FIGURES = 4;
/** Of an entry: the kind is in so many low bits, the slot above. */
const KIND_BITS = 2;
const KIND = FIGURES - 1;

/** Names a figure of a slot; never below 0. */
export function entryOf(slot: number, kind: SampleKind): number {
  return (slot << KIND_BITS) | kind;
}

/** Why a sample is refused. The rest of its page stays. */
export type Refusal = 'Duplicate' | 'NotANumber' | 'Negative' | 'TooLarge' | 'StartAfterPoint';

/** How many samples and points of one page came to what. */
export interface PageTally {
  refused: ReadonlyMap<Refusal, number>;
  windows: number;
  firsts: number;
  sames: number;
  skewed: number;
  /** Named on the page, without CPU or memory that can be believed. */
  incomplete: number;
}

/** Quantities are 64 bits with a sign. */
const memoryBytesMax = 2 ** 63;
/** 2^63 billionths; a counter beyond is no CPU time. */
const cpuSecondsMax = 2 ** 63 / 1e9;
const slotsAtFirst = 256;

const noneRefused: ReadonlyMap<Refusal, number> = new Map();

/**
 * The samples of one page, put together slot by slot and then handed to the node's window.
 * Invariant: of each slot below `#end` there is at most one sample of the page of each kind; NaN where there is none.
 */
export class PagePoints {
  #figures = new Float64Array(FIGURES * slotsAtFirst);
  /** 1: the page names it. */
  #named = new Uint8Array(slotsAtFirst);
  #end = 0;
  #refused: Map<Refusal, number> | undefined;
  /** Filled in for each slot anew. */
  readonly #point: Point = { timeMs: 0.5, cpuNanos: 0.5, memoryBytes: 0.5, startMs: 0.5 };

  /** A page that is expected to name so many slots. */
  begin(slots: number): void {
    this.#end = 0;
    this.#refused = undefined;
    this.#open(slots);
  }

  /** `timeMs` is NaN where the line has no timestamp: it is then the time of the scrape. */
  add(entry: number, value: number, timeMs: number): void {
    const slot = entry >>> KIND_BITS;
    if (slot >= this.#end) this.#open(slot + 1);
    this.#named[slot] = 1;
    const refusal = refusalOf(entry, value) ?? (Number.isNaN(this.#figures[entry]) ? undefined : 'Duplicate');
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return;
    }
    this.#figures[entry] = value;
    if ((entry & KIND) === SAMPLE.cpuSeconds) this.#figures[entry + TIME_MS] = timeMs;
  }

  /** The first so many of each column. What is in order, as nearly all is, is put in its place here. */
  addAll(count: number, entries: Int32Array, values: Float64Array, timesMs: Float64Array): void {
    let figures = this.#figures;
    let named = this.#named;
    for (let at = 0; at < count; at++) {
      const entry = entries[at]!;
      const value = values[at]!;
      const slot = entry >>> KIND_BITS;
      if (slot < this.#end && Number.isNaN(figures[entry]) && value >= 0 && value < cpuSecondsMax) {
        named[slot] = 1;
        figures[entry] = value;
        if ((entry & KIND) === SAMPLE.cpuSeconds) figures[entry + TIME_MS] = timesMs[at]!;
        continue;
      }
      this.add(entry, value, timesMs[at]!);
      figures = this.#figures;
      named = this.#named;
    }
  }

  /** Hands over what is complete. */
  finish(window: NodeWindow, at: ScrapeTime): PageTally {
    const tally: PageTally = { refused: noneRefused, windows: 0, firsts: 0, sames: 0, skewed: 0, incomplete: 0 };
    for (let slot = 0; slot < this.#end; slot++) {
      if (this.#named[slot] === 1) this.#hand(slot, window, at, tally);
    }
    if (this.#refused) tally.refused = this.#refused;
    return tally;
  }

  #hand(slot: number, window: NodeWindow, at: ScrapeTime, tally: PageTally): void {
    const figures = this.#figures;
    const first = FIGURES * slot;
    const cpuSeconds = figures[first + SAMPLE.cpuSeconds]!;
    const memoryBytes = figures[first + SAMPLE.memoryBytes]!;
    // The kubelet writes a start also for what it has no figures of.
    if (Number.isNaN(cpuSeconds) || Number.isNaN(memoryBytes)) {
      window.incomplete(slot, at);
      tally.incomplete++;
      return;
    }
    // A line without a timestamp is as of the scrape. CPU's time counts where memory's differs: usage is a difference of CPU.
    const point = this.#point;
    const stampedMs = figures[first + TIME_MS]!;
    point.timeMs = Number.isNaN(stampedMs) ? at.wallMs : stampedMs;
    point.startMs = Math.round(figures[first + SAMPLE.startSeconds]! * 1000);
    if (point.startMs > point.timeMs) {
      this.#refuse('StartAfterPoint');
      point.startMs = Number.NaN;
    }
    point.cpuNanos = Math.trunc(cpuSeconds * 1e9);
    point.memoryBytes = memoryBytes;
    const observed = window.observe(slot, point, at);
    if (observed === 'window') tally.windows++;
    else if (observed === 'first') tally.firsts++;
    else if (observed === 'same') tally.sames++;
    else tally.skewed++;
  }

  #refuse(refusal: Refusal): void {
    this.#refused ??= new Map();
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
  }

  #open(end: number): void {
    while (end > this.#named.length) this.#grow();
    this.#named.fill(0, this.#end, end);
    this.#figures.fill(Number.NaN, FIGURES * this.#end, FIGURES * end);
    this.#end = end;
  }

  #grow(): void {
    const named = new Uint8Array(2 * this.#named.length);
    named.set(this.#named);
    this.#named = named;
    this.#figures = grownColumn(this.#figures, FIGURES * named.length);
  }
}

/** Whatever else the page says of the slot. */
function refusalOf(entry: number, value: number): Refusal | undefined {
  if (Number.isNaN(value)) return 'NotANumber';
  if (value < 0) return 'Negative';
  return value >= ((entry & KIND) === SAMPLE.memoryBytes ? memoryBytesMax : cpuSecondsMax) ? 'TooLarge' : undefined;
}
