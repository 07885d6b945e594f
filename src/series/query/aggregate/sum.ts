import type { Row } from '../run/row.ts';
import type { Reduction } from './reduction.ts';

/** Compensated sums, step by step. Invariant: the true sum is that of `values` and what the additions have lost, `#rests`. */
export class Sum implements Reduction {
  readonly present: Uint8Array | null;
  readonly #sums: Float64Array;
  #rests: Float64Array | undefined;

  constructor(first: Row) {
    this.present = first.present;
    this.#sums = first.values;
  }

  add(row: Row): void {
    this.#rests ??= new Float64Array(this.#sums.length);
    if (this.present === null && row.present === null) addAll(row.values, this.#sums, this.#rests);
    else addPresent(row, this.#sums, this.#rests, this.present);
  }

  result(): Float64Array {
    const sums = this.#sums;
    const rests = this.#rests;
    for (let step = 0; step < sums.length; step++) sums[step] = sums[step]! + (rests === undefined ? 0 : rests[step]!);
    return sums;
  }
}

/** What an addition loses is computed without asking which of the two is larger; both ways give it exactly. */
function addAll(values: Float64Array, sums: Float64Array, rests: Float64Array): void {
  const { length } = sums;
  for (let step = 0; step < length; step++) {
    const value = values[step]!;
    const before = sums[step]!;
    const total = before + value;
    const added = total - before;
    const lost = before - (total - added) + (value - added);
    sums[step] = total;
    rests[step] = Number.isNaN(lost) ? restBeyond(total) : rests[step]! + lost;
  }
}

/** An overflow gives up the rest. */
function restBeyond(total: number): number {
  return Number.isNaN(total) ? Number.NaN : 0;
}

function addPresent(row: Row, sums: Float64Array, rests: Float64Array, present: Uint8Array | null): void {
  for (let step = 0; step < sums.length; step++) {
    if (row.present !== null && row.present[step] === 0) continue;
    if (present === null || present[step] === 1) addTo(sums, rests, step, row.values[step]!);
    else {
      present[step] = 1;
      sums[step] = row.values[step]!;
    }
  }
}

export function addTo(sums: Float64Array, rests: Float64Array, step: number, value: number): void {
  const before = sums[step]!;
  const total = before + value;
  if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) rests[step] = 0;
  else if (Math.abs(before) >= Math.abs(value)) rests[step] = rests[step]! + (before - total + value);
  else rests[step] = rests[step]! + (value - total + before);
  sums[step] = total;
}
