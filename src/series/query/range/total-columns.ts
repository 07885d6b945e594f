import type { ColumnFunction } from './window.ts';
import type { Windows } from './windows.ts';

/**
 * Sums and means of whole columns. Where all values are integers whose sums a double holds exactly, as counters and sizes in bytes are, nothing is
 * ever rounded and a window's sum is the difference of two running ones; else each window is added up on its own, compensated.
 */
export class SumColumn implements ColumnFunction {
  readonly samplesMin = 1;
  readonly #isMean: boolean;
  #running = new Float64Array(0);

  constructor(isMean: boolean) {
    this.#isMean = isMean;
  }

  evaluate(values: Float64Array, windows: Windows, out: Float64Array): void {
    if (this.#run(values)) this.#subtract(windows, out);
    else if (this.#isMean) means(values, windows, out);
    else sums(values, windows, out);
  }

  /** Fills the running sums, where they are exact. */
  #run(values: Float64Array): boolean {
    if (this.#running.length <= values.length) this.#running = new Float64Array(2 * values.length + 1);
    const running = this.#running;
    let sum = 0;
    let magnitude = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      if (Math.trunc(value) !== value) return false;
      sum += value;
      magnitude += Math.abs(value);
      running[at + 1] = sum;
    }
    return magnitude <= Number.MAX_SAFE_INTEGER;
  }

  #subtract({ froms, tos, count }: Windows, out: Float64Array): void {
    const running = this.#running;
    for (let step = 0; step < count; step++) {
      const sum = running[tos[step]!]! - running[froms[step]!]!;
      out[step] = this.#isMean ? sum / (tos[step]! - froms[step]!) : sum;
    }
  }
}

function sums(values: Float64Array, { froms, tos, count }: Windows, out: Float64Array): void {
  for (let step = 0; step < count; step++) {
    const to = tos[step]!;
    let sum = 0;
    let rest = 0;
    for (let at = froms[step]!; at < to; at++) {
      const value = values[at]!;
      const total = sum + value;
      if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) rest = 0;
      else if (Math.abs(sum) >= Math.abs(value)) rest += sum - total + value;
      else rest += value - total + sum;
      sum = total;
    }
    out[step] = Number.isFinite(sum) || Number.isNaN(sum) ? sum + rest : sum;
  }
}

/** Sum by count, as long as the sum does not overflow; from there on the mean is carried along. */
function means(values: Float64Array, { froms, tos, count }: Windows, out: Float64Array): void {
  for (let step = 0; step < count; step++) {
    const from = froms[step]!;
    const to = tos[step]!;
    if (from < to) out[step] = mean(values, from, to);
  }
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = values[from]!;
  let rest = 0;
  for (let at = from + 1; at < to; at++) {
    const value = values[at]!;
    const total = sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) {
      return carriedMean(values, from, at, to, sum, rest);
    }
    if (Math.abs(sum) >= Math.abs(value)) rest += sum - total + value;
    else rest += value - total + sum;
    sum = total;
  }
  return sum / (to - from) + rest / (to - from);
}

/** What is left from `at` on changes the mean of those before it. */
function carriedMean(
  values: Float64Array,
  from: number,
  at: number,
  to: number,
  sumBefore: number,
  restBefore: number,
): number {
  let sum = sumBefore / (at - from);
  let rest = restBefore / (at - from);
  for (; at < to; at++) {
    const seen = at - from + 1;
    const weight = (seen - 1) / seen;
    sum *= weight;
    rest *= weight;
    const value = values[at]! / seen;
    const total = sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) rest = 0;
    else if (Math.abs(sum) >= Math.abs(value)) rest += sum - total + value;
    else rest += value - total + sum;
    sum = total;
  }
  return sum + rest;
}

/** How many samples there are, or that there is one. */
export const countColumn: ColumnFunction = {
  samplesMin: 1,
  evaluate(_values, { froms, tos, count }, out) {
    for (let step = 0; step < count; step++) out[step] = tos[step]! - froms[step]!;
  },
};

export const oneColumn: ColumnFunction = {
  samplesMin: 1,
  evaluate(_values, _windows, out) {
    out.fill(1);
  },
};
