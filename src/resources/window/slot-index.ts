/** A power of two. */
const placesAtFirst = 32;
/** What a place holds: two hashes, and a slot. */
const HASH_A = 0;
const HASH_B = 1;
const SLOT = 2;
const PLACE = 3;
const FREE = -1;
const SLASH = 0x2f;
const nothing: ReadonlySet<number> = new Set();

/**
 * Which slot a container of one node has. Two hashes of 32 bits, begun with secret seeds, stand for its names: the names
 * themselves, of sixty thousand containers, took 6 MB of the heap.
 * Invariant: open addressing over a power of two, at most half full; a place whose slot is FREE is free.
 */
export class SlotIndex {
  readonly #seedA: number;
  readonly #seedB: number;
  #places = emptyPlaces(placesAtFirst);
  #size = 0;
  #a = 0;
  #b = 0;

  constructor(random: () => number) {
    this.#seedA = Math.trunc(random() * 2 ** 32) | 0;
    this.#seedB = Math.trunc(random() * 2 ** 32) | 0;
  }

  get size(): number {
    return this.#size;
  }

  find(namespace: string, pod: string, container: string): number | undefined {
    this.#a = this.#seedA;
    this.#b = this.#seedB;
    this.#hash(namespace);
    this.#hash(pod);
    this.#hash(container);
    const slot = this.#places[this.#placeOf(this.#a, this.#b) + SLOT]!;
    return slot === FREE ? undefined : slot;
  }

  /** For the names that were sought last, and not found. */
  put(slot: number): void {
    const places = this.#places.length / PLACE;
    if (2 * (this.#size + 1) > places) this.#rebuild(2 * places, nothing);
    this.#set(this.#a, this.#b, slot);
  }

  /** Forgets those slots of which it is told so, and returns them. */
  forget(isForgotten: (slot: number) => boolean): number[] {
    const forgotten: number[] = [];
    for (let place = 0; place < this.#places.length; place += PLACE) {
      const slot = this.#places[place + SLOT]!;
      if (slot !== FREE && isForgotten(slot)) forgotten.push(slot);
    }
    if (forgotten.length > 0) this.#rebuild(this.#places.length / PLACE, new Set(forgotten));
    return forgotten;
  }

  /** No name of Kubernetes holds a slash, which stands behind each. */
  #hash(name: string): void {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at <= name.length; at++) {
      const code = at < name.length ? name.charCodeAt(at) : SLASH;
      a = Math.imul(a ^ code, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b + code, 0x5bd1e995);
      b ^= b >>> 13;
    }
    this.#a = a;
    this.#b = b;
  }

  #set(a: number, b: number, slot: number): void {
    const place = this.#placeOf(a, b);
    this.#places[place + HASH_A] = a;
    this.#places[place + HASH_B] = b;
    this.#places[place + SLOT] = slot;
    this.#size++;
  }

  /** Where these hashes are, or would be. */
  #placeOf(a: number, b: number): number {
    const places = this.#places;
    const mask = places.length / PLACE - 1;
    for (let at = (a ^ (a >>> 16)) & mask; ; at = (at + 1) & mask) {
      const place = PLACE * at;
      if (places[place + SLOT] === FREE || (places[place + HASH_A] === a && places[place + HASH_B] === b)) return place;
    }
  }

  #rebuild(count: number, forgotten: ReadonlySet<number>): void {
    const before = this.#places;
    this.#places = emptyPlaces(count);
    this.#size = 0;
    for (let place = 0; place < before.length; place += PLACE) {
      const slot = before[place + SLOT]!;
      if (slot !== FREE && !forgotten.has(slot)) this.#set(before[place + HASH_A]!, before[place + HASH_B]!, slot);
    }
  }
}

function emptyPlaces(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(PLACE * count).fill(FREE);
}
