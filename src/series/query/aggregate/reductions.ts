import type { Row } from '../run/row.ts';
import type { Aggregator } from '../syntax/token.ts';
import { Mean } from './mean.ts';
import type { Reduction } from './reduction.ts';
import { Sum } from './sum.ts';
import { Variance } from './variance.ts';

/** Aggregations that need no parameter. */
export const reductions: Partial<Record<Aggregator, (first: Row) => Reduction>> = {
  sum: (first) => new Sum(first),
  avg: (first) => new Mean(first),
  count: (first) => new Count(first, false),
  group: (first) => new Count(first, true),
  min: (first) => new Extreme(first, 'min'),
  max: (first) => new Extreme(first, 'max'),
  stdvar: (first) => new Variance(first, false),
  stddev: (first) => new Variance(first, true),
};

/** How many rows there are, or that there is one. */
class Count implements Reduction {
  readonly present: Uint8Array | null;
  readonly #counts: Float64Array;
  readonly #isOne: boolean;

  constructor(first: Row, isOne: boolean) {
    this.present = first.present;
    this.#counts = first.values.fill(1);
    this.#isOne = isOne;
  }

  add(row: Row): void {
    const { present } = this;
    const counts = this.#counts;
    for (let step = 0; step < counts.length; step++) {
      if (row.present !== null && row.present[step] === 0) continue;
      if (present === null || present[step] === 1) counts[step] = this.#isOne ? 1 : counts[step]! + 1;
      else present[step] = 1;
    }
  }

  result(): Float64Array {
    return this.#counts;
  }
}

/** NaN gives way to any number. */
class Extreme implements Reduction {
  readonly present: Uint8Array | null;
  readonly #best: Float64Array;
  readonly #sign: number;

  constructor(first: Row, extreme: 'min' | 'max') {
    this.present = first.present;
    this.#best = first.values;
    this.#sign = extreme === 'max' ? 1 : -1;
  }

  add(row: Row): void {
    const { present } = this;
    const best = this.#best;
    for (let step = 0; step < best.length; step++) {
      if (row.present !== null && row.present[step] === 0) continue;
      const value = row.values[step]!;
      const isFirst = present !== null && present[step] === 0;
      if (isFirst || this.#sign * value > this.#sign * best[step]! || Number.isNaN(best[step]!)) best[step] = value;
      if (isFirst) present[step] = 1;
    }
  }

  result(): Float64Array {
    return this.#best;
  }
}
