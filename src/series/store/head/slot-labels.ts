import type { PackedLabels } from '../read/packed-labels.ts';
import { Int32Column } from './columns.ts';
import type { SeriesIndex } from './series-index.ts';

/** Packs the labels of an index's series: from numbers to numbers, without a look at the texts. */
export class SlotLabels {
  readonly #index: SeriesIndex;
  /** By the index's symbol, the place of its text plus one. */
  readonly #places: Int32Array;
  readonly #texts: string[] = [];
  readonly #counts = new Int32Column();
  readonly #symbols = new Int32Column();

  constructor(index: SeriesIndex) {
    this.#index = index;
    this.#places = new Int32Array(index.symbolEnd);
  }

  add(slot: number): void {
    const count = this.#index.symbolsOf(slot, this.#visit);
    this.#counts.push(count);
  }

  readonly #visit = (name: number, value: number): void => {
    this.#symbols.push(this.#place(name));
    this.#symbols.push(this.#place(value));
  };

  #place(symbol: number): number {
    const known = this.#places[symbol]!;
    if (known > 0) return known - 1;
    this.#places[symbol] = this.#texts.push(this.#index.textOf(symbol));
    return this.#texts.length - 1;
  }

  /** Nothing can be added afterwards. */
  finish(): PackedLabels {
    return { texts: this.#texts, labelCounts: this.#counts.taken(), symbols: this.#symbols.taken() };
  }
}
