import { Labels } from '../../query/query.ts';
import type { PackedLabels } from '../read/packed-labels.ts';

/** The labels of a window's series, by local number, while they are sorted: a million series are no million objects. */
export class Definitions {
  readonly #texts: readonly string[];
  /** Name and value of each label in turn. */
  readonly #entries: Int32Array;
  readonly #starts: Int32Array;

  constructor({ texts, labelCounts, symbols }: PackedLabels) {
    this.#texts = texts;
    this.#entries = symbols;
    this.#starts = new Int32Array(labelCounts.length + 1);
    for (let local = 0; local < labelCounts.length; local++)
      this.#starts[local + 1] = this.#starts[local]! + 2 * labelCounts[local]!;
  }

  get length(): number {
    return this.#starts.length - 1;
  }

  labels(local: number): Labels {
    const names: string[] = [];
    const values: string[] = [];
    for (let at = this.#starts[local]!; at < this.#starts[local + 1]!; at += 2) {
      names.push(this.#texts[this.#entries[at]!]!);
      values.push(this.#texts[this.#entries[at + 1]!]!);
    }
    return new Labels(names, values);
  }

  /** Local numbers in the order of the labels. */
  sorted(): Int32Array {
    const rank = this.#ranks();
    const entries = this.#entries;
    const starts = this.#starts;
    const order = Int32Array.from({ length: this.length }, (_, local) => local);
    return order.sort((a, b) => {
      let [left, right] = [starts[a]!, starts[b]!];
      const [leftEnd, rightEnd] = [starts[a + 1]!, starts[b + 1]!];
      while (left < leftEnd && right < rightEnd) {
        const difference = rank[entries[left++]!]! - rank[entries[right++]!]!;
        if (difference !== 0) return difference;
      }
      return leftEnd - left - (rightEnd - right);
    });
  }

  /** The place of each symbol in the order of UTF-8 bytes. */
  #ranks(): Int32Array {
    const bytes = this.#texts.map((text) => Buffer.from(text, 'utf8'));
    const order = Int32Array.from(bytes, (_, symbol) => symbol);
    order.sort((a, b) => Buffer.compare(bytes[a]!, bytes[b]!));
    const rank = new Int32Array(order.length);
    order.forEach((symbol, place) => {
      rank[symbol] = place;
    });
    return rank;
  }
}
