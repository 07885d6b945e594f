import { sameBytes } from './template-table.ts';

/** The different values of columns of text, in the order in which each column first had them. Invariant: no two of a column are the same. */
export class ValueTable {
  readonly #text: Buffer;
  /** Values of each column so far. */
  readonly counts: Uint32Array;
  #slots = new Int32Array(1 << 15).fill(-1);
  #entries = 0;
  #column = new Uint16Array(1 << 14);
  #hash = new Int32Array(1 << 14);
  #id = new Uint32Array(1 << 14);
  #from = new Uint32Array(1 << 14);
  #to = new Uint32Array(1 << 14);

  constructor(text: Buffer, columns: number) {
    this.#text = text;
    this.counts = new Uint32Array(columns);
  }

  /** The number within its column of the value `text[from, to)`. */
  add(column: number, from: number, to: number): number {
    const text = this.#text;
    let hash = column + 0x811c9dc5;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ text[at]!, 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry < 0) {
        this.#slots[slot] = this.#entries;
        return this.#append(column, from, to, hash);
      }
      if (this.#hash[entry] !== hash || this.#column[entry] !== column) continue;
      if (sameBytes(text, this.#from[entry]!, this.#to[entry]!, from, to)) return this.#id[entry]!;
    }
  }

  /** Where the values of each column lie in the text: from and to, in turn. */
  byColumn(): Uint32Array[] {
    const lists = Array.from(this.counts, (count) => new Uint32Array(2 * count));
    for (let entry = 0; entry < this.#entries; entry++) {
      const list = lists[this.#column[entry]!]!;
      const id = this.#id[entry]!;
      list[2 * id] = this.#from[entry]!;
      list[2 * id + 1] = this.#to[entry]!;
    }
    return lists;
  }

  #append(column: number, from: number, to: number, hash: number): number {
    const entry = this.#entries++;
    if (entry === this.#hash.length) this.#grow();
    const id = this.counts[column]!++;
    this.#column[entry] = column;
    this.#hash[entry] = hash;
    this.#id[entry] = id;
    this.#from[entry] = from;
    this.#to[entry] = to;
    return id;
  }

  #grow(): void {
    const size = this.#hash.length * 2;
    const copied = <A extends Uint32Array | Uint16Array | Int32Array>(array: A, larger: A): A => {
      larger.set(array);
      return larger;
    };
    this.#column = copied(this.#column, new Uint16Array(size));
    this.#hash = copied(this.#hash, new Int32Array(size));
    this.#id = copied(this.#id, new Uint32Array(size));
    this.#from = copied(this.#from, new Uint32Array(size));
    this.#to = copied(this.#to, new Uint32Array(size));
    const mask = 2 * size - 1;
    this.#slots = new Int32Array(2 * size).fill(-1);
    for (let entry = 0; entry < size / 2; entry++) {
      let slot = this.#hash[entry]! & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry;
    }
  }
}
