import type { Row } from '../run/row.ts';
import type { Reduction } from './reduction.ts';

/** Variance and standard deviation by Welford's method. */
export class Variance implements Reduction {
  readonly present: Uint8Array | null;
  readonly #isDeviation: boolean;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  /** Rows so far, by step. */
  readonly #members: Float64Array;

  constructor(first: Row, isDeviation: boolean) {
    this.present = first.present;
    this.#isDeviation = isDeviation;
    this.#means = first.values;
    this.#squares = first.values.map(begin);
    this.#members = first.present === null ? first.values.map(() => 1) : Float64Array.from(first.present);
  }

  add(row: Row): void {
    const means = this.#means;
    const squares = this.#squares;
    for (let step = 0; step < means.length; step++) {
      if (row.present !== null && row.present[step] === 0) continue;
      const value = row.values[step]!;
      const members = (this.#members[step] = this.#members[step]! + 1);
      if (members === 1) {
        this.present![step] = 1;
        means[step] = value;
        squares[step] = begin(value);
        continue;
      }
      const delta = value - means[step]!;
      means[step] = means[step]! + delta / members;
      squares[step] = squares[step]! + delta * (value - means[step]!);
    }
  }

  result(): Float64Array {
    const squares = this.#squares;
    for (let step = 0; step < squares.length; step++) {
      const variance = squares[step]! / this.#members[step]!;
      squares[step] = this.#isDeviation ? Math.sqrt(variance) : variance;
    }
    return squares;
  }
}

function begin(value: number): number {
  return Number.isFinite(value) ? 0 : Number.NaN;
}
