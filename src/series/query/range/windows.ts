import { firstAfter } from '../run/selected-series.ts';

/** The steps of an evaluation and the range before each. */
export interface Ranges {
  count: number;
  startMs: number;
  stepMs: number;
  /** The range ends here at every step, or at the step itself; less the offset. */
  atMs: number | undefined;
  offsetMs: number;
  rangeMs: number;
  /** How much further samples are looked at than the range reaches. */
  beforeMs: number;
  afterMs: number;
}

/**
 * Where each step's samples begin and end in a column of times. Series of one scrape share their times, and with them all of this. Invariant:
 * `froms` and `tos` belong to `times` and do not fall from step to step.
 */
export class Windows {
  readonly ranges: Ranges;
  readonly count: number;
  times: Float64Array = new Float64Array(0);
  /** Included. */
  readonly froms: Int32Array;
  /** Excluded. */
  readonly tos: Int32Array;
  #isSet = false;
  readonly #presence = new Map<number, Uint8Array | null>();

  constructor(ranges: Ranges) {
    this.ranges = ranges;
    this.count = ranges.count;
    this.froms = new Int32Array(ranges.count);
    this.tos = new Int32Array(ranges.count);
  }

  /** Where the step's range ends, included. */
  endMs(step: number): number {
    const { atMs, startMs, stepMs, offsetMs } = this.ranges;
    return (atMs ?? startMs + step * stepMs) - offsetMs;
  }

  /** Excluded. */
  startMs(step: number): number {
    return this.endMs(step) - this.ranges.rangeMs;
  }

  /** Puts the windows over other times; false where they are the same. */
  moveTo(times: Float64Array): boolean {
    if (this.#isSet && times === this.times) return false;
    this.#isSet = true;
    this.times = times;
    this.#presence.clear();
    const { beforeMs, afterMs } = this.ranges;
    let from = 0;
    let to = 0;
    for (let step = 0; step < this.count; step++) {
      const start = this.startMs(step) - beforeMs;
      const end = this.endMs(step) + afterMs;
      if (step === 0) {
        from = firstAfter(times, start);
        to = firstAfter(times, end, from);
      }
      while (from < times.length && times[from]! <= start) from++;
      while (to < times.length && times[to]! <= end) to++;
      this.froms[step] = from;
      this.tos[step] = to;
    }
    return true;
  }

  /** The steps that have so many samples; null: all. The caller only reads it. */
  presence(samplesMin: number): Uint8Array | null {
    let present = this.#presence.get(samplesMin);
    if (present === undefined) {
      present = new Uint8Array(this.count);
      for (let step = 0; step < this.count; step++) {
        present[step] = this.tos[step]! - this.froms[step]! >= samplesMin ? 1 : 0;
      }
      if (!present.includes(0)) present = null;
      this.#presence.set(samplesMin, present);
    }
    return present;
  }
}
