import { grownColumn } from './grown-column.ts';
import type { NodeWindow } from './node-window.ts';
import type { ScrapeTime } from './point-rows.ts';

/** What a sample of the kubelet's page is about. */
export const SAMPLE = { cpuSeconds: 0, memoryBytes: 1, startSeconds: 2 } as const;
export type SampleKind = (typeof SAMPLE)[keyof typeof SAMPLE];

/** Why a sample is refused. The rest of its page stays. */
export type Refusal = 'Duplicate' | 'NotANumber' | 'Negative' | 'TooLarge' | 'StartAfterPoint';

/** How many samples and points of one page came to what. */
export interface PageTally {
  refused: Map<Refusal, number>;
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

/**
 * The samples of one page, put together slot by slot and then handed to the node's window.
 * Invariant: each column holds at most one sample of the page for each slot; NaN where there is none.
 */
export class PagePoints {
  #cpuSeconds = new Float64Array(slotsAtFirst);
  #timeMs = new Float64Array(slotsAtFirst);
  #memoryBytes = new Float64Array(slotsAtFirst);
  #startMs = new Float64Array(slotsAtFirst);
  /** 1: the page names it. */
  #named = new Uint8Array(slotsAtFirst);
  #end = 0;
  #refused = new Map<Refusal, number>();

  begin(): void {
    this.#end = 0;
    this.#refused = new Map();
  }

  /** `timeMs` is NaN where the line has no timestamp: it is then the time of the scrape. */
  add(slot: number, kind: SampleKind, value: number, timeMs: number): void {
    while (slot >= this.#end) this.#open();
    this.#named[slot] = 1;
    const refusal = this.#refusalOf(slot, kind, value);
    if (refusal !== undefined) this.#refuse(refusal);
    else if (kind === SAMPLE.memoryBytes) this.#memoryBytes[slot] = value;
    else if (kind === SAMPLE.startSeconds) this.#startMs[slot] = Math.round(value * 1000);
    else {
      this.#cpuSeconds[slot] = value;
      this.#timeMs[slot] = timeMs;
    }
  }

  /** Hands over what is complete. */
  finish(window: NodeWindow, at: ScrapeTime): PageTally {
    const tally: PageTally = { refused: this.#refused, windows: 0, firsts: 0, sames: 0, skewed: 0, incomplete: 0 };
    for (let slot = 0; slot < this.#end; slot++) {
      if (this.#named[slot] === 1) this.#hand(slot, window, at, tally);
    }
    return tally;
  }

  #hand(slot: number, window: NodeWindow, at: ScrapeTime, tally: PageTally): void {
    const cpuSeconds = this.#cpuSeconds[slot]!;
    const memoryBytes = this.#memoryBytes[slot]!;
    // The kubelet writes a start also for what it has no figures of.
    if (Number.isNaN(cpuSeconds) || Number.isNaN(memoryBytes)) {
      window.incomplete(slot, at);
      tally.incomplete++;
      return;
    }
    // A line without a timestamp is as of the scrape. CPU's time counts where memory's differs: usage is a difference of CPU.
    const stampedMs = this.#timeMs[slot]!;
    const timeMs = Number.isNaN(stampedMs) ? at.wallMs : stampedMs;
    let startMs = this.#startMs[slot]!;
    if (startMs > timeMs) {
      this.#refuse('StartAfterPoint');
      startMs = Number.NaN;
    }
    const cpuNanos = Math.trunc(cpuSeconds * 1e9);
    const observed = window.observe(slot, { timeMs, cpuNanos, memoryBytes, startMs }, at);
    if (observed === 'window') tally.windows++;
    else if (observed === 'first') tally.firsts++;
    else if (observed === 'same') tally.sames++;
    else tally.skewed++;
  }

  #refusalOf(slot: number, kind: SampleKind, value: number): Refusal | undefined {
    if (Number.isNaN(value)) return 'NotANumber';
    if (value < 0) return 'Negative';
    if (value >= (kind === SAMPLE.memoryBytes ? memoryBytesMax : cpuSecondsMax)) return 'TooLarge';
    return Number.isNaN(this.#columnOf(kind)[slot]) ? undefined : 'Duplicate';
  }

  #columnOf(kind: SampleKind): Float64Array {
    if (kind === SAMPLE.memoryBytes) return this.#memoryBytes;
    return kind === SAMPLE.startSeconds ? this.#startMs : this.#cpuSeconds;
  }

  #refuse(refusal: Refusal): void {
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
  }

  #open(): void {
    const slot = this.#end++;
    if (slot >= this.#named.length) this.#grow();
    this.#named[slot] = 0;
    this.#cpuSeconds[slot] = Number.NaN;
    this.#timeMs[slot] = Number.NaN;
    this.#memoryBytes[slot] = Number.NaN;
    this.#startMs[slot] = Number.NaN;
  }

  #grow(): void {
    const size = 2 * this.#named.length;
    const named = new Uint8Array(size);
    named.set(this.#named);
    this.#named = named;
    this.#cpuSeconds = grownColumn(this.#cpuSeconds, size);
    this.#timeMs = grownColumn(this.#timeMs, size);
    this.#memoryBytes = grownColumn(this.#memoryBytes, size);
    this.#startMs = grownColumn(this.#startMs, size);
  }
}
