import { type ColumnFunction, EXTRAPOLATION_FACTOR, seconds } from './window.ts';
import type { Windows } from './windows.ts';

/** More than what three roundings can come to. */
const ROUNDING = 1 + 1e-9;

/**
 * rate, increase and delta of whole columns: what depends on times alone is computed once for all series of the same times. Each result is
 * computed by the same operations in the same order as for one window, so that it is the same to the last digit.
 */
export class RateColumn implements ColumnFunction {
  readonly samplesMin = 2;
  readonly #isCounter: boolean;
  readonly #perSecond: boolean;
  /** By step. */
  #sampledSeconds = new Float64Array(0);
  #toStarts = new Float64Array(0);
  #toEnds = new Float64Array(0);
  #factors = new Float64Array(0);
  #drops = new Int32Array(64);
  #dropCount = 0;

  constructor(isCounter: boolean, perSecond: boolean) {
    this.#isCounter = isCounter;
    this.#perSecond = perSecond;
  }

  retime(windows: Windows): void {
    const { times, froms, tos, count } = windows;
    if (this.#factors.length !== count) {
      this.#sampledSeconds = new Float64Array(count);
      this.#toStarts = new Float64Array(count);
      this.#toEnds = new Float64Array(count);
      this.#factors = new Float64Array(count);
    }
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      const last = tos[step]! - 1;
      if (last <= from) continue;
      const sampled = (times[last]! - times[from]!) / 1000;
      let toStart = (times[from]! - windows.startMs(step)) / 1000;
      let toEnd = (windows.endMs(step) - times[last]!) / 1000;
      const average = sampled / (last - from);
      const threshold = average * EXTRAPOLATION_FACTOR;
      if (toStart >= threshold) toStart = average / 2;
      if (toEnd >= threshold) toEnd = average / 2;
      this.#sampledSeconds[step] = sampled;
      this.#toStarts[step] = toStart;
      this.#toEnds[step] = toEnd;
      this.#factors[step] = this.#factor(sampled, toStart, toEnd, windows.ranges.rangeMs);
    }
  }

  #factor(sampled: number, toStart: number, toEnd: number, rangeMs: number): number {
    const factor = (sampled + toStart + toEnd) / sampled;
    return this.#perSecond ? factor / seconds(rangeMs) : factor;
  }

  evaluate(values: Float64Array, windows: Windows, out: Float64Array): void {
    const { froms, tos, count } = windows;
    const { rangeMs } = windows.ranges;
    const isCounter = this.#isCounter;
    const factors = this.#factors;
    const sampledSeconds = this.#sampledSeconds;
    const toStarts = this.#toStarts;
    if (isCounter) this.#findDrops(values);
    const hasDrops = isCounter && this.#dropCount > 0;
    let drop = 0;
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      const last = tos[step]! - 1;
      if (last <= from) continue;
      const first = values[from]!;
      let change = values[last]! - first;
      if (hasDrops) {
        while (drop < this.#dropCount && this.#drops[drop]! <= from) drop++;
        change = this.#addResets(values, drop, last, change);
      }
      let factor = factors[step]!;
      if (isCounter && change > 0 && first >= 0) {
        // A counter is not extrapolated to below zero. Where it clearly would not be, the division is spared.
        const sampled = sampledSeconds[step]!;
        const toStart = toStarts[step]!;
        if (!(first * sampled > toStart * change * ROUNDING)) {
          const toZero = Math.min(toStart, sampled * (first / change));
          factor = this.#factor(sampled, toZero, this.#toEnds[step]!, rangeMs);
        }
      }
      out[step] = change * factor;
    }
  }

  /** Adds the value before each reset, which the counter had reached before it began anew. */
  #addResets(values: Float64Array, drop: number, last: number, change: number): number {
    let total = change;
    for (let at = drop; at < this.#dropCount && this.#drops[at]! <= last; at++) total += values[this.#drops[at]! - 1]!;
    return total;
  }

  /** Where the values fall; counters do so rarely. */
  #findDrops(values: Float64Array): void {
    let count = 0;
    for (let at = 1; at < values.length; at++) {
      if (!(values[at]! < values[at - 1]!)) continue;
      if (count === this.#drops.length) {
        const longer = new Int32Array(2 * count);
        longer.set(this.#drops);
        this.#drops = longer;
      }
      this.#drops[count++] = at;
    }
    this.#dropCount = count;
  }
}
