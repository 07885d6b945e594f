import { Labels } from '../../query/query.ts';
import { Int32Column } from '../head/columns.ts';

/** Labels of many series as plain data: each name and value once. */
export interface PackedLabels {
  texts: string[];
  /** For each series how many labels it has; then their names and values, as places in `texts`. */
  labelCounts: Int32Array<ArrayBuffer>;
  symbols: Int32Array<ArrayBuffer>;
}

/** Packs labels as they come. */
export class LabelsPacker {
  readonly #places = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #counts = new Int32Column();
  readonly #symbols = new Int32Column();
  // Series come sorted, or by pod: a label mostly is the one that stands at its place in the series before.
  #before = Labels.empty;

  get series(): number {
    return this.#counts.length;
  }

  add(labels: Labels): void {
    const { names, values } = labels;
    const symbols = this.#symbols;
    const before = this.#before;
    const at = symbols.length;
    const beforeAt = at - 2 * before.names.length;
    symbols.reserve(at + 2 * names.length);
    const { data } = symbols;
    for (let label = 0; label < names.length; label++) {
      const there = beforeAt + 2 * label;
      const to = at + 2 * label;
      data[to] = names[label] === before.names[label] ? data[there]! : this.#place(names[label]!);
      data[to + 1] = values[label] === before.values[label] ? data[there + 1]! : this.#place(values[label]!);
    }
    symbols.length = at + 2 * names.length;
    this.#counts.push(names.length);
    this.#before = labels;
  }

  #place(text: string): number {
    let at = this.#places.get(text);
    if (at === undefined) {
      at = this.#texts.push(text) - 1;
      this.#places.set(text, at);
    }
    return at;
  }

  /** Nothing can be added afterwards. */
  finish(): PackedLabels {
    return { texts: this.#texts, labelCounts: this.#counts.taken(), symbols: this.#symbols.taken() };
  }
}

/** Gives the labels of one series after the other. */
export class LabelsReader {
  readonly #packed: PackedLabels;
  #series = 0;
  #at = 0;
  #names: readonly string[] = [];

  constructor(packed: PackedLabels) {
    this.#packed = packed;
  }

  /** Passes over one series. */
  skip(): void {
    this.#at += 2 * this.#packed.labelCounts[this.#series++]!;
  }

  next(): Labels {
    const { texts, symbols, labelCounts } = this.#packed;
    const count = labelCounts[this.#series]!;
    const at = this.#at;
    const values: string[] = new Array(count);
    let hasSameNames = count === this.#names.length;
    for (let label = 0; label < count; label++) {
      hasSameNames &&= texts[symbols[at + 2 * label]!] === this.#names[label];
      values[label] = texts[symbols[at + 2 * label + 1]!]!;
    }
    // Neighbours have the same names, mostly: they share them.
    if (!hasSameNames) this.#names = Array.from({ length: count }, (_, label) => texts[symbols[at + 2 * label]!]!);
    this.skip();
    return new Labels(this.#names, values);
  }
}
