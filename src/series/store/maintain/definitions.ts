import { Labels } from '../../query/query.ts';
import { ByteReader } from '../chunk/byte-reader.ts';
import { Int32Column } from '../head/columns.ts';

/**
 * The labels of a window's series, by local number, while they are sorted: each name and value once, and numbers for the rest, so that a million
 * series are no million objects.
 */
export class Definitions {
  readonly #texts: string[] = [];
  readonly #symbols = new Map<string, number>();
  /** Name and value of each label in turn. */
  readonly #entries = new Int32Column(1 << 16);
  readonly #starts = new Int32Column();

  /** `bytes` has one definition for each local number, in order. */
  constructor(bytes: Uint8Array) {
    const input = new ByteReader(bytes);
    while (input.at < input.end) {
      input.varint();
      this.#starts.push(this.#entries.length);
      for (let left = 2 * input.varint(); left > 0; left--) this.#entries.push(this.#intern(input.text()));
    }
    this.#starts.push(this.#entries.length);
  }

  get length(): number {
    return this.#starts.length - 1;
  }

  #intern(text: string): number {
    let symbol = this.#symbols.get(text);
    if (symbol === undefined) {
      symbol = this.#texts.push(text) - 1;
      this.#symbols.set(text, symbol);
    }
    return symbol;
  }

  labels(local: number): Labels {
    const names: string[] = [];
    const values: string[] = [];
    for (let at = this.#starts.data[local]!; at < this.#starts.data[local + 1]!; at += 2) {
      names.push(this.#texts[this.#entries.data[at]!]!);
      values.push(this.#texts[this.#entries.data[at + 1]!]!);
    }
    return new Labels(names, values);
  }

  /** Local numbers in the order of the labels. */
  sorted(): Int32Array {
    const rank = this.#ranks();
    const entries = this.#entries.data;
    const starts = this.#starts.data;
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
