import { Labels } from '../../query/query.ts';

/** Labels of many series as plain data: each name and value once. */
export interface PackedLabels {
  texts: string[];
  /** For each series how many labels it has; then their names and values, as places in `texts`. */
  labelCounts: Int32Array<ArrayBuffer>;
  symbols: Int32Array<ArrayBuffer>;
}

export function packLabels(all: readonly Labels[]): PackedLabels {
  const places = new Map<string, number>();
  const texts: string[] = [];
  const place = (text: string) => {
    let at = places.get(text);
    if (at === undefined) {
      at = texts.push(text) - 1;
      places.set(text, at);
    }
    return at;
  };
  const labelCounts = Int32Array.from(all, ({ names }) => names.length);
  const symbols = new Int32Array(2 * labelCounts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  // Series come sorted: a label mostly is the one that stands at its place in the series before.
  let before = Labels.empty;
  let beforeAt = 0;
  for (const labels of all) {
    const { names, values } = labels;
    const from = at;
    for (let label = 0; label < names.length; label++, at += 2) {
      const there = beforeAt + 2 * label;
      symbols[at] = names[label] === before.names[label] ? symbols[there]! : place(names[label]!);
      symbols[at + 1] = values[label] === before.values[label] ? symbols[there + 1]! : place(values[label]!);
    }
    before = labels;
    beforeAt = from;
  }
  return { texts, labelCounts, symbols };
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
