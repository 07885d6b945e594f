import type { Usage, WhyReason } from '../resources.ts';
import { grownColumn } from './grown-column.ts';
import type { WindowLimits } from './limits.ts';

/** When a page was asked for. */
export interface ScrapeTime {
  wallMs: number;
  /** Only ever goes forward; what is old is told by this one, because a node's clock may be wrong. */
  monotonicMs: number;
}

/** What one page says of one thing. */
export interface Point {
  /** Milliseconds since 1970, as the kubelet stamped it. */
  timeMs: number;
  /** CPU used since the start, in billionths of a core times seconds. */
  cpuNanos: number;
  memoryBytes: number;
  /** When the run began; NaN where the page does not say. */
  startMs: number;
}

/** What became of a point: it made a window, it is the first of a run, it is the one already known, or its time is not believed. */
export type Observed = 'window' | 'first' | 'same' | 'skewed';

const STATE = { empty: 0, incomplete: 1, skewed: 2, pointed: 3 };
const slotsAtFirst = 8;

/**
 * The latest point and the latest window of many things, one slot each, in columns: 30,000 pods' containers are a few megabytes.
 * Invariant: a window is of two points of one run, the earlier before the later, and neither its CPU nor its memory is negative.
 * A new run does not take the window of the run before away: it stays until a younger one replaces it or it is too old.
 */
export class PointColumns {
  readonly #limits: WindowLimits;
  #state = new Uint8Array(slotsAtFirst);
  #lastTimeMs = new Float64Array(slotsAtFirst).fill(Number.NaN);
  #lastCpuNanos = new Float64Array(slotsAtFirst);
  #seenAtMs = new Float64Array(slotsAtFirst);
  #timeMs = new Float64Array(slotsAtFirst).fill(Number.NaN);
  #windowMs = new Float64Array(slotsAtFirst);
  #cpuNanocores = new Float64Array(slotsAtFirst);
  #memoryBytes = new Float64Array(slotsAtFirst);
  /** When the window's later point came, by our clock. */
  #cameAtMs = new Float64Array(slotsAtFirst);

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  /** Makes a slot empty, and room for it where there is none. */
  clear(slot: number, nowMs: number): void {
    if (slot >= this.#state.length) this.#grow(slot);
    this.#state[slot] = STATE.empty;
    this.#lastTimeMs[slot] = Number.NaN;
    this.#timeMs[slot] = Number.NaN;
    this.#seenAtMs[slot] = nowMs;
  }

  observe(slot: number, point: Point, at: ScrapeTime): Observed {
    const { timeMs, cpuNanos, memoryBytes, startMs } = point;
    this.#seenAtMs[slot] = at.monotonicMs;
    if (!(Math.abs(timeMs - at.wallMs) <= this.#limits.clockSkewMsMax)) {
      this.#state[slot] = STATE.skewed;
      return 'skewed';
    }
    this.#state[slot] = STATE.pointed;
    const lastTimeMs = this.#lastTimeMs[slot]!;
    if (timeMs === lastTimeMs) return 'same';
    const lastCpuNanos = this.#lastCpuNanos[slot]!;
    this.#lastTimeMs[slot] = timeMs;
    this.#lastCpuNanos[slot] = cpuNanos;
    const windowMs = timeMs - lastTimeMs;
    // NaN compares false: without an earlier point there is no earlier run, and without a start only the counter tells a restart.
    const sameRun = windowMs > 0 && cpuNanos >= lastCpuNanos && !(startMs >= lastTimeMs);
    if (sameRun && windowMs <= this.#limits.windowMsMax) {
      this.#setWindow(slot, timeMs, windowMs, cpuNanos - lastCpuNanos, memoryBytes, at);
      return 'window';
    }
    const ageMs = timeMs - startMs;
    if (ageMs >= this.#limits.freshAgeMsMin && ageMs < this.#limits.freshAgeMsMax) {
      this.#setWindow(slot, timeMs, ageMs, cpuNanos, memoryBytes, at);
      return 'window';
    }
    return 'first';
  }

  /** The page names it, but without CPU or memory that can be believed. */
  incomplete(slot: number, at: ScrapeTime): void {
    this.#seenAtMs[slot] = at.monotonicMs;
    this.#state[slot] = STATE.incomplete;
  }

  /** Undefined where `why` is not `Served`. `sinceMs`: a window that ends before it is somebody else's, who had the same name. */
  usage(slot: number, nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): Usage | undefined {
    const timeMs = this.#timeMs[slot]!;
    if (!(timeMs >= sinceMs) || nowMs - this.#cameAtMs[slot]! > this.#limits.pointAgeMsMax) return undefined;
    return {
      timeMs,
      windowMs: this.#windowMs[slot]!,
      cpuNanocores: this.#cpuNanocores[slot]!,
      memoryBytes: this.#memoryBytes[slot]!,
    };
  }

  why(slot: number, nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): WhyReason {
    const timeMs = this.#timeMs[slot]!;
    const windowed = timeMs >= sinceMs;
    if (windowed && nowMs - this.#cameAtMs[slot]! <= this.#limits.pointAgeMsMax) return 'Served';
    const state = this.#state[slot];
    if (state === STATE.skewed) return 'ClockSkew';
    if (state === STATE.incomplete || state === STATE.empty) return 'NotOnPage';
    return windowed ? 'TooOld' : 'FirstPoint';
  }

  /** Not on a page for so long that nothing of it can be served any more. */
  isForgotten(slot: number, nowMs: number): boolean {
    return nowMs - this.#seenAtMs[slot]! > this.#limits.pointAgeMsMax;
  }

  #setWindow(
    slot: number,
    timeMs: number,
    windowMs: number,
    cpuNanos: number,
    memoryBytes: number,
    at: ScrapeTime,
  ): void {
    this.#timeMs[slot] = timeMs;
    this.#windowMs[slot] = windowMs;
    this.#cpuNanocores[slot] = Math.trunc(cpuNanos / (windowMs / 1000));
    this.#memoryBytes[slot] = memoryBytes;
    this.#cameAtMs[slot] = at.monotonicMs;
  }

  #grow(slot: number): void {
    const size = Math.max(slot + 1, Math.ceil(this.#state.length * 1.5));
    const state = new Uint8Array(size);
    state.set(this.#state);
    this.#state = state;
    this.#lastTimeMs = grownColumn(this.#lastTimeMs, size);
    this.#lastCpuNanos = grownColumn(this.#lastCpuNanos, size);
    this.#seenAtMs = grownColumn(this.#seenAtMs, size);
    this.#timeMs = grownColumn(this.#timeMs, size);
    this.#windowMs = grownColumn(this.#windowMs, size);
    this.#cpuNanocores = grownColumn(this.#cpuNanocores, size);
    this.#memoryBytes = grownColumn(this.#memoryBytes, size);
    this.#cameAtMs = grownColumn(this.#cameAtMs, size);
  }
}
