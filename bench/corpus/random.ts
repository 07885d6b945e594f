/** Seeded and fast (sfc32), so that the same seed gives the same corpus on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = (seed ^ 0x9e3779b9) | 0;
    this.#c = Math.imul(seed | 1, 0x85ebca6b);
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** 32 bits, as a signed integer. */
  bits(): number {
    const result = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result;
  }

  /** In [0, 1). */
  next(): number {
    return (this.bits() >>> 0) / 4294967296;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Small numbers often, large ones seldom, as latencies and sizes are. */
  skewed(median: number): number {
    return Math.round(median * Math.exp(1.2 * (this.next() + this.next() + this.next() - 1.5)));
  }
}

const EXPONENT = 1.2;

/** Picks the index of an item by Zipf's law in constant time: a few are everywhere, and every one comes up. */
export class Zipf {
  #table: Uint16Array;

  constructor(count: number, random: Random) {
    let harmonic = 0;
    for (let rank = 1; rank <= count; rank++) harmonic += rank ** -EXPONENT;
    const slots = 16 * count;
    const table = new Uint16Array(2 * slots);
    let used = 0;
    for (let rank = 1; rank <= count && used < table.length; rank++) {
      const share = Math.max(1, Math.round((slots * rank ** -EXPONENT) / harmonic));
      for (let i = 0; i < share && used < table.length; i++) table[used++] = rank - 1;
    }
    this.#table = table.slice(0, used);
    // The order of ranks must not matter to a reader that sees them one after another.
    for (let i = used - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const swapped = this.#table[i]!;
      this.#table[i] = this.#table[j]!;
      this.#table[j] = swapped;
    }
  }

  pick(random: Random): number {
    return this.#table[random.below(this.#table.length)]!;
  }
}
