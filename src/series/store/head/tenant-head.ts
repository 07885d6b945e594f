import type { Labels } from '../../query/query.ts';
import type { SeriesLimits } from '../settings.ts';
import { windowMs } from '../settings.ts';
import type { MetricMetadata, SeriesRef } from '../store.ts';
import { Int32Column } from './columns.ts';
import { HeadWindow } from './head-window.ts';
import { SeriesIndex } from './series-index.ts';

/** A ref is a slot and how often it was given out before, so that a ref of a series that is gone never means another. */
const SLOTS = 2 ** 27;

/**
 * What is in memory of one tenant. Invariant: every slot that a window has samples of is in the index; `maxMs` is the newest sample that
 * was ever taken.
 */
export class TenantHead {
  readonly tenant: string;
  readonly metadata = new Map<string, MetricMetadata>();
  readonly windows = new Map<number, HeadWindow>();
  /** Windows that are being written as blocks: nothing is added to them any more. */
  readonly closing: HeadWindow[] = [];
  index = new SeriesIndex();
  maxMs = Number.NEGATIVE_INFINITY;
  /** When it was last swept, on the clock that only goes forward. */
  sweptMs = 0;
  /** Series of the index. */
  series = 0;
  readonly #generations = new Int32Column();
  #free: number[] = [];
  /** 1 where the series was asked for since the last sweep. */
  #asked = new Uint8Array(1024);

  constructor(tenant: string) {
    this.tenant = tenant;
  }

  /** The slot of a ref, or 0 where the series is gone or never was. */
  slotOf(ref: SeriesRef): number {
    const slot = ref % SLOTS;
    if (!this.index.has(slot) || this.refOf(slot) !== ref) return 0;
    // Whatever waits to be written keeps its slot.
    this.#asked[slot] = 1;
    return slot;
  }

  refOf(slot: number): SeriesRef {
    return (slot < this.#generations.data.length ? this.#generations.data[slot]! : 0) * SLOTS + slot;
  }

  /** The slot of these labels, made where there is none; 0 where there is no room for another. */
  intern(labels: Labels, limits: Pick<SeriesLimits, 'seriesMax'>): number {
    let slot = this.index.find(labels);
    if (slot === 0) {
      if (this.series >= limits.seriesMax) return 0;
      slot = this.index.add(labels, this.#free.pop());
      this.series++;
    }
    this.#markAsked(slot);
    return slot;
  }

  #markAsked(slot: number): void {
    if (slot >= this.#asked.length) {
      const grown = new Uint8Array(Math.max(slot + 1, this.#asked.length * 2));
      grown.set(this.#asked);
      this.#asked = grown;
    }
    this.#asked[slot] = 1;
  }

  windowAt(startMs: number): HeadWindow {
    let window = this.windows.get(startMs);
    if (window === undefined) {
      window = new HeadWindow(startMs, startMs + windowMs);
      this.windows.set(startMs, window);
    }
    return window;
  }

  /**
   * Forgets series that no window has samples of and nobody asked for since the sweep before. The index is built anew, so that nothing of
   * them is left; refs of the others stay.
   */
  sweep(): number {
    const gone: number[] = [];
    const windows = [...this.closing, ...this.windows.values()];
    for (let slot = 1; slot < this.index.slotEnd; slot++) {
      if (!this.index.has(slot) || this.#asked[slot] === 1) continue;
      if (!windows.some((window) => window.localOf(slot) >= 0)) gone.push(slot);
    }
    this.#asked.fill(0);
    if (gone.length * 8 < this.series) return 0;
    const dead = new Set(gone);
    const before = this.index;
    this.index = new SeriesIndex();
    for (let slot = 1; slot < before.slotEnd; slot++) {
      if (before.has(slot) && !dead.has(slot)) this.index.add(before.labels(slot), slot);
    }
    this.#generations.reserve(before.slotEnd);
    for (const slot of gone) {
      this.#generations.data[slot]!++;
      this.#free.push(slot);
    }
    this.series -= gone.length;
    return gone.length;
  }
}
