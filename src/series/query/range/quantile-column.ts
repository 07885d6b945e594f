import { quantileOfSorted } from '../numbers/quantile.ts';
import type { ColumnFunction } from './window.ts';
import type { Windows } from './windows.ts';

/** Up to this many values are inserted one by one: then 0 and -0 stay in the order in which they came, as in Prometheus. */
const INSERTION_COUNT = 64;

/**
 * Quantiles of windows that slide. Invariant: the first `#count` of `#sorted` are the window's samples in ascending order but for `#nans`, which
 * counts those that are NaN.
 */
export class QuantileColumn implements ColumnFunction {
  readonly samplesMin = 1;
  readonly #warn: (q: number) => void;
  #sorted = new Float64Array(64);
  #count = 0;
  #nans = 0;

  constructor(warn: (q: number) => void) {
    this.#warn = warn;
  }

  evaluate(
    values: Float64Array,
    { froms, tos, count }: Windows,
    out: Float64Array,
    args: readonly Float64Array[],
  ): void {
    const quantiles = args[0]!;
    let [from, to] = [0, 0];
    this.#count = 0;
    this.#nans = 0;
    for (let step = 0; step < count; step++) {
      const [nextFrom, nextTo] = [froms[step]!, tos[step]!];
      if (nextFrom >= nextTo) continue;
      this.#warn(quantiles[step]!);
      const kept = to - nextFrom;
      if (kept <= nextFrom - from + (nextTo - to)) this.#fill(values, nextFrom, nextTo);
      else {
        for (let at = from; at < nextFrom; at++) this.#remove(values[at]!);
        for (let at = to; at < nextTo; at++) this.#insert(values[at]!);
      }
      [from, to] = [nextFrom, nextTo];
      out[step] = quantileOfSorted(quantiles[step]!, this.#sorted, this.#count, this.#nans);
    }
  }

  #fill(values: Float64Array, from: number, to: number): void {
    if (to - from > this.#sorted.length) this.#sorted = new Float64Array(2 * (to - from));
    this.#count = 0;
    this.#nans = 0;
    if (to - from <= INSERTION_COUNT) {
      for (let at = from; at < to; at++) this.#insert(values[at]!);
      return;
    }
    for (let at = from; at < to; at++) if (!Number.isNaN(values[at]!)) this.#sorted[this.#count++] = values[at]!;
    this.#nans = to - from - this.#count;
    this.#sorted.subarray(0, this.#count).sort();
  }

  #insert(value: number): void {
    if (Number.isNaN(value)) {
      this.#nans++;
      return;
    }
    if (this.#count === this.#sorted.length) {
      const longer = new Float64Array(2 * this.#count);
      longer.set(this.#sorted);
      this.#sorted = longer;
    }
    const sorted = this.#sorted;
    let at = this.#count++;
    for (; at > 0 && sorted[at - 1]! > value; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = value;
  }

  #remove(value: number): void {
    if (Number.isNaN(value)) {
      this.#nans--;
      return;
    }
    const sorted = this.#sorted;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.#count--;
    for (let at = low; at < this.#count; at++) sorted[at] = sorted[at + 1]!;
  }
}
