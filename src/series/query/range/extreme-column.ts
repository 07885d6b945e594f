import type { ColumnFunction } from './window.ts';
import type { Windows } from './windows.ts';

/**
 * The largest or smallest sample of windows that slide. Invariant: the candidates, from `#head` on, are places within the window in ascending
 * order whose values get no better: the first of them is the result. Of equal ones the earliest is one.
 */
export class ExtremeColumn implements ColumnFunction {
  readonly samplesMin = 1;
  readonly #sign: number;
  #candidates = new Int32Array(0);

  constructor(extreme: 'max' | 'min') {
    this.#sign = extreme === 'max' ? 1 : -1;
  }

  evaluate(values: Float64Array, { froms, tos, count }: Windows, out: Float64Array): void {
    if (this.#candidates.length < values.length) this.#candidates = new Int32Array(2 * values.length);
    const candidates = this.#candidates;
    const sign = this.#sign;
    let head = 0;
    let end = 0;
    let next = count > 0 ? froms[0]! : 0;
    for (let step = 0; step < count; step++) {
      const from = froms[step]!;
      const to = tos[step]!;
      if (next < from) next = from;
      for (; next < to; next++) {
        const value = sign * values[next]!;
        // NaN gives way to any number.
        if (Number.isNaN(value)) continue;
        while (end > head && sign * values[candidates[end - 1]!]! < value) end--;
        candidates[end++] = next;
      }
      while (head < end && candidates[head]! < from) head++;
      out[step] = head < end ? values[candidates[head]!]! : Number.NaN;
    }
  }
}
