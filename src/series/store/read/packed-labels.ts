import { compareText, Labels } from '../../query/query.ts';
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

/** The labels of any series, made when they are asked for. */
export class LabelsReader {
  readonly #packed: PackedLabels;
  readonly #starts: Int32Array;
  #names: readonly string[] = [];

  constructor(packed: PackedLabels) {
    this.#packed = packed;
    this.#starts = startsOf(packed);
  }

  at(series: number): Labels {
    const { texts, symbols, labelCounts } = this.#packed;
    const count = labelCounts[series]!;
    const at = this.#starts[series]!;
    const values: string[] = new Array(count);
    let hasSameNames = count === this.#names.length;
    for (let label = 0; label < count; label++) {
      hasSameNames &&= texts[symbols[at + 2 * label]!] === this.#names[label];
      values[label] = texts[symbols[at + 2 * label + 1]!]!;
    }
    // Neighbours have the same names, mostly: they share them.
    if (!hasSameNames) this.#names = Array.from({ length: count }, (_, label) => texts[symbols[at + 2 * label]!]!);
    return new Labels(this.#names, values);
  }
}

/** The series in the order of their labels. */
export function labelOrder(packed: PackedLabels): Int32Array {
  const { texts, labelCounts, symbols } = packed;
  // Where there are more texts than series, most of them are never compared.
  const isFew = labelCounts.length < texts.length;
  const rank = isFew ? undefined : ranksOf(texts);
  const starts = startsOf(packed);
  const order = Int32Array.from(labelCounts, (_, series) => series);
  return order.sort((a, b) => {
    let left = starts[a]!;
    let right = starts[b]!;
    const leftEnd = starts[a + 1]!;
    const rightEnd = starts[b + 1]!;
    for (; left < leftEnd && right < rightEnd; left++, right++) {
      const one = symbols[left]!;
      const other = symbols[right]!;
      if (one !== other) return rank ? rank[one]! - rank[other]! : compareText(texts[one]!, texts[other]!);
    }
    return leftEnd - left - (rightEnd - right);
  });
}

/** Where the symbols of each series begin, and where the last one's end. */
function startsOf({ labelCounts }: PackedLabels): Int32Array {
  const starts = new Int32Array(labelCounts.length + 1);
  for (let series = 0; series < labelCounts.length; series++)
    starts[series + 1] = starts[series]! + 2 * labelCounts[series]!;
  return starts;
}

/** The place of each text in the order of UTF-8 bytes. */
function ranksOf(texts: readonly string[]): Int32Array {
  const order = Int32Array.from(texts, (_, symbol) => symbol);
  order.sort((a, b) => compareText(texts[a]!, texts[b]!));
  const rank = new Int32Array(order.length);
  order.forEach((symbol, place) => {
    rank[symbol] = place;
  });
  return rank;
}
