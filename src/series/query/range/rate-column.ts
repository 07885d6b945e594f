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
  /** A change that is this many times smaller than what the counter began with cannot have taken it below zero. */
  #guards = new Float64Array(0);
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
      this.#guards = new Float64Array(count);
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
      this.#guards[step] = (toStart / sampled) * ROUNDING;
      this.#toEnds[step] = toEnd;
      this.#factors[step] = this.#factor(sampled, toStart, toEnd, windows.ranges.rangeMs);
    }
  }

  #factor(sampled: number, toStart: number, toEnd: number, rangeMs: number): number {
    const factor = (sampled + toStart + toEnd) / sampled;
    return this.#perSecond ? factor / seconds(rangeMs) : factor;
  }

  evaluate(values: Float64Array, windows: Windows, out: Float64Array): void {
    if (this.#isCounter) this.#findDrops(values);
    if (!this.#isCounter || this.#dropCount > 0) this.#withChanges(values, windows, out);
    else this.#risen(values, windows, out);
  }

  /** Of a counter that never fell: one pass, with as few columns as can be. */
  #risen(values: Float64Array, { froms, tos, count, ranges }: Windows, out: Float64Array): void {
    const factors = this.#factors;
    const guards = this.#guards;
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      const last = tos[step]! - 1;
      if (last <= from) continue;
      const first = values[from]!;
      const change = values[last]! - first;
      // Where the counter clearly was not below zero at the range's start, a division is spared.
      const isClear = first > change * guards[step]! || !(change > 0 && first >= 0);
      out[step] = change * (isClear ? factors[step]! : this.#factorFromZero(step, first / change, ranges.rangeMs));
    }
  }

  #withChanges(values: Float64Array, windows: Windows, out: Float64Array): void {
    const { froms, tos, count, ranges } = windows;
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      const last = tos[step]! - 1;
      if (last > from) out[step] = values[last]! - values[from]!;
    }
    if (this.#isCounter) this.#addResets(values, windows, out);
    const factors = this.#factors;
    const guards = this.#guards;
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      if (from >= tos[step]!) continue;
      const change = out[step]!;
      const first = values[from]!;
      const isClear = !this.#isCounter || !(change > 0 && first >= 0) || first > change * guards[step]!;
      out[step] = change * (isClear ? factors[step]! : this.#factorFromZero(step, first / change, ranges.rangeMs));
    }
  }

  /** A counter is not extrapolated to below zero. */
  #factorFromZero(step: number, share: number, rangeMs: number): number {
    const sampled = this.#sampledSeconds[step]!;
    return this.#factor(sampled, Math.min(this.#toStarts[step]!, sampled * share), this.#toEnds[step]!, rangeMs);
  }

  /** Adds the value before each reset, which the counter had reached before it began anew. */
  #addResets(values: Float64Array, { froms, tos, count }: Windows, changes: Float64Array): void {
    let drop = 0;
    for (let step = 0; step < count; step++) {
      while (drop < this.#dropCount && this.#drops[drop]! <= froms[step]!) drop++;
      for (let at = drop; at < this.#dropCount && this.#drops[at]! < tos[step]!; at++) {
        changes[step]! += values[this.#drops[at]! - 1]!;
      }
    }
  }

  /** Where the values fall; counters do so rarely. */
  #findDrops(values: Float64Array): void {
    const { length } = values;
    let count = 0;
    let before = Number.NaN;
    for (let at = 0; at < length; at++) {
      const value = values[at]!;
      const falls = value < before;
      before = value;
      if (!falls) continue;
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
