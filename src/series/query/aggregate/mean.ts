import type { Row } from '../run/row.ts';
import type { Reduction } from './reduction.ts';
import { addTo } from './sum.ts';

/** Sum by count; from where the sum would overflow on, the mean itself is carried along. */
export class Mean implements Reduction {
  readonly present: Uint8Array | null;
  readonly #sums: Float64Array;
  readonly #rests: Float64Array;
  /** Rows so far, by step. */
  readonly #members: Float64Array;
  /** 1 where `#sums` is a mean. */
  #isMean: Uint8Array | undefined;

  constructor(first: Row) {
    this.present = first.present;
    this.#sums = first.values;
    this.#rests = new Float64Array(first.values.length);
    this.#members = first.present === null ? this.#rests.map(() => 1) : Float64Array.from(first.present);
  }

  add(row: Row): void {
    const { present } = this;
    const sums = this.#sums;
    for (let step = 0; step < sums.length; step++) {
      if (row.present !== null && row.present[step] === 0) continue;
      const value = row.values[step]!;
      const members = (this.#members[step] = this.#members[step]! + 1);
      if (members === 1) {
        present![step] = 1;
        sums[step] = value;
        continue;
      }
      if (this.#isMean === undefined || this.#isMean[step] === 0) {
        const total = sums[step]! + value;
        if (total !== Number.POSITIVE_INFINITY && total !== Number.NEGATIVE_INFINITY) {
          addTo(sums, this.#rests, step, value);
          continue;
        }
      }
      this.#carry(step, members, value);
    }
  }

  #carry(step: number, members: number, value: number): void {
    const sums = this.#sums;
    const rests = this.#rests;
    this.#isMean ??= new Uint8Array(sums.length);
    if (this.#isMean[step] === 0) {
      this.#isMean[step] = 1;
      sums[step] = sums[step]! / (members - 1);
      rests[step] = rests[step]! / (members - 1);
    }
    const weight = (members - 1) / members;
    sums[step] = weight * sums[step]!;
    rests[step] = weight * rests[step]!;
    addTo(sums, rests, step, value / members);
  }

  result(): Float64Array {
    const sums = this.#sums;
    for (let step = 0; step < sums.length; step++) {
      const divisor = this.#isMean?.[step] === 1 ? 1 : this.#members[step]!;
      sums[step] = sums[step]! / divisor + this.#rests[step]! / divisor;
    }
    return sums;
  }
}
