/**
 * Growing columns of numbers, one element an id. They stand in for an object a series: the collector sees a few large buffers, however many
 * series there are.
 */
export class Int32Column {
  data: Int32Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): number {
    this.reserve(this.length + 1);
    this.data[this.length] = value;
    return this.length++;
  }

  /** Elements up to `length` can be written; new ones are 0. */
  reserve(length: number): void {
    if (length <= this.data.length) return;
    const grown = new Int32Array(Math.max(length, Math.ceil(this.data.length * 1.5)));
    grown.set(this.data);
    this.data = grown;
  }

  /** The elements alone, in a buffer that may change hands. */
  taken(): Int32Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}

/** Open addressing: hash to id. Invariant: ids are above 0, and fewer than two thirds of the places are taken. */
export class HashTable {
  #places = new Int32Array(1024);
  #count = 0;
  readonly #hashOf: (id: number) => number;

  /** `hashOf` gives the hash that an id was added with. */
  constructor(hashOf: (id: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The first id with this hash for which `equal` holds, or 0. */
  find(hash: number, equal: (id: number) => boolean): number {
    const mask = this.#places.length - 1;
    for (let at = spread(hash) & mask; ; at = (at + 1) & mask) {
      const id = this.#places[at]!;
      if (id === 0 || equal(id)) return id;
    }
  }

  add(id: number, hash: number): void {
    if (++this.#count * 3 > this.#places.length * 2) this.#grow();
    this.#place(id, hash);
  }

  #place(id: number, hash: number): void {
    const mask = this.#places.length - 1;
    let at = spread(hash) & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = id;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (const id of before) if (id !== 0) this.#place(id, this.#hashOf(id));
  }
}

/** Avalanche, so that consecutive numbers do not pile up. */
function spread(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function combine(hash: number, value: number): number {
  return (Math.imul(hash ^ value, 0x01000193) + (value >>> 7)) | 0;
}
