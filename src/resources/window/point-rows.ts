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
/** Where a slot's figures stand in its row. */
const LAST_TIME_MS = 0;
const LAST_CPU_NANOS = 1;
const SEEN_AT_MS = 2;
const TIME_MS = 3;
const WINDOW_MS = 4;
const CPU_NANOCORES = 5;
const MEMORY_BYTES = 6;
/** When the window's later point came, by our clock. */
const CAME_AT_MS = 7;
const ROW = 8;

/**
 * The latest point and the latest window of many things, one slot each. A row is a line of the processor's cache: who lists pods
 * goes from node to node, and would wait for each figure if they stood in columns.
 * Invariant: a window is of two points of one run, the earlier before the later, and neither its CPU nor its memory is negative.
 * A new run does not take the window of the run before away: it stays until a younger one replaces it or it is too old.
 */
export class PointRows {
  readonly #limits: WindowLimits;
  #state = new Uint8Array(slotsAtFirst);
  #rows = new Float64Array(ROW * slotsAtFirst);

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  /** Makes a slot empty, and room for it where there is none. */
  clear(slot: number, nowMs: number): void {
    if (slot >= this.#state.length) this.#grow(slot);
    const row = ROW * slot;
    this.#state[slot] = STATE.empty;
    this.#rows[row + LAST_TIME_MS] = Number.NaN;
    this.#rows[row + TIME_MS] = Number.NaN;
    this.#rows[row + SEEN_AT_MS] = nowMs;
  }

  observe(slot: number, point: Point, at: ScrapeTime): Observed {
    const { timeMs, cpuNanos, memoryBytes, startMs } = point;
    const rows = this.#rows;
    const row = ROW * slot;
    rows[row + SEEN_AT_MS] = at.monotonicMs;
    if (!(Math.abs(timeMs - at.wallMs) <= this.#limits.clockSkewMsMax)) {
      this.#state[slot] = STATE.skewed;
      return 'skewed';
    }
    this.#state[slot] = STATE.pointed;
    const lastTimeMs = rows[row + LAST_TIME_MS]!;
    if (timeMs === lastTimeMs) return 'same';
    const lastCpuNanos = rows[row + LAST_CPU_NANOS]!;
    rows[row + LAST_TIME_MS] = timeMs;
    rows[row + LAST_CPU_NANOS] = cpuNanos;
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
    this.#rows[ROW * slot + SEEN_AT_MS] = at.monotonicMs;
    this.#state[slot] = STATE.incomplete;
  }

  /** Undefined where `why` is not `Served`. `sinceMs`: a window that ends before it is somebody else's, who had the same name. */
  usage(slot: number, nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): Usage | undefined {
    const usage = { timeMs: 0, windowMs: 0, cpuNanocores: 0, memoryBytes: 0 };
    return this.read(slot, nowMs, sinceMs, usage) ? usage : undefined;
  }

  /** See `PodWindow.fetch`. */
  fetch(slot: number): number {
    return this.#rows[ROW * slot + CAME_AT_MS]!;
  }

  /** The same, written into `usage`; false where there is none. */
  read(slot: number, nowMs: number, sinceMs: number, usage: Usage): boolean {
    const rows = this.#rows;
    const row = ROW * slot;
    const timeMs = rows[row + TIME_MS]!;
    if (!(timeMs >= sinceMs) || nowMs - rows[row + CAME_AT_MS]! > this.#limits.pointAgeMsMax) return false;
    usage.timeMs = timeMs;
    usage.windowMs = rows[row + WINDOW_MS]!;
    usage.cpuNanocores = rows[row + CPU_NANOCORES]!;
    usage.memoryBytes = rows[row + MEMORY_BYTES]!;
    return true;
  }

  why(slot: number, nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): WhyReason {
    const row = ROW * slot;
    const windowed = this.#rows[row + TIME_MS]! >= sinceMs;
    if (windowed && nowMs - this.#rows[row + CAME_AT_MS]! <= this.#limits.pointAgeMsMax) return 'Served';
    const state = this.#state[slot];
    if (state === STATE.skewed) return 'ClockSkew';
    if (state === STATE.incomplete || state === STATE.empty) return 'NotOnPage';
    return windowed ? 'TooOld' : 'FirstPoint';
  }

  /** Not on a page for so long that nothing of it can be served any more. */
  isForgotten(slot: number, nowMs: number): boolean {
    return nowMs - this.#rows[ROW * slot + SEEN_AT_MS]! > this.#limits.pointAgeMsMax;
  }

  #setWindow(
    slot: number,
    timeMs: number,
    windowMs: number,
    cpuNanos: number,
    memoryBytes: number,
    at: ScrapeTime,
  ): void {
    const rows = this.#rows;
    const row = ROW * slot;
    rows[row + TIME_MS] = timeMs;
    rows[row + WINDOW_MS] = windowMs;
    rows[row + CPU_NANOCORES] = Math.trunc(cpuNanos / (windowMs / 1000));
    rows[row + MEMORY_BYTES] = memoryBytes;
    rows[row + CAME_AT_MS] = at.monotonicMs;
  }

  #grow(slot: number): void {
    const size = Math.max(slot + 1, Math.ceil(this.#state.length * 1.5));
    const state = new Uint8Array(size);
    state.set(this.#state);
    this.#state = state;
    this.#rows = grownColumn(this.#rows, ROW * size);
  }
}
