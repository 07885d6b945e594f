import type { ColumnFunction } from './window.ts';
import type { Windows } from './windows.ts';

/** How often something happens between two samples: counted once over the whole column. */
export class ChangeColumn implements ColumnFunction {
  readonly samplesMin = 1;
  readonly #happens: (before: number, now: number) => boolean;
  #counts = new Int32Array(0);

  constructor(happens: (before: number, now: number) => boolean) {
    this.#happens = happens;
  }

  evaluate(values: Float64Array, { froms, tos, count }: Windows, out: Float64Array): void {
    if (this.#counts.length < values.length) this.#counts = new Int32Array(2 * values.length);
    const counts = this.#counts;
    for (let at = 1; at < values.length; at++) {
      counts[at] = counts[at - 1]! + (this.#happens(values[at - 1]!, values[at]!) ? 1 : 0);
    }
    for (let step = 0; step < count; step++) {
      if (froms[step]! < tos[step]!) out[step] = counts[tos[step]! - 1]! - counts[froms[step]!]!;
    }
  }
}
