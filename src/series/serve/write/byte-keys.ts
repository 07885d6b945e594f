/** Multipliers of MurmurHash3's rounds. */
const MIX_1 = 0xcc9e2d51;
const MIX_2 = 0x1b873593;
const slotsAtFirst = 1024;
/** What is shorter is compared faster by a loop than by a call. */
const loopBytesMax = 32;
const arenaBytesAtFirst = 64 * 1024;

/**
 * Numbers runs of bytes, the first 0: the same bytes get the same number, and no string is made to find it.
 * Invariant: every slot of the table is empty or holds a number; at least half of them are empty.
 */
export class ByteKeys {
  readonly #seed: number;
  #slots = new Int32Array(slotsAtFirst).fill(-1);
  #hashes = new Int32Array(slotsAtFirst / 2);
  /** Where each key ends in the arena; it begins where the one before ends. */
  #ends = new Float64Array(slotsAtFirst / 2);
  #arena = Buffer.allocUnsafe(arenaBytesAtFirst);
  #arenaEnd = 0;
  #count = 0;
  /**
   * For each key (from the second place on; the first is for none) the one that was found after it, or -1: who sends the same keys again mostly does so
   * in the same order, and comparing is much cheaper than hashing.
   */
  #followers = new Int32Array(slotsAtFirst / 2 + 1).fill(-1);
  #found = -1;

  /** A seed that a sender does not know keeps it from choosing keys that fall together. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#arenaEnd;
  }

  /** -1 where the bytes have no number yet. */
  find(bytes: Buffer, start: number, end: number): number {
    const guess = this.#followers[this.#found + 1]!;
    if (guess >= 0 && this.#isKey(guess, bytes, start, end)) {
      this.#found = guess;
      return guess;
    }
    const key = this.#find(bytes, start, end, this.#hash(bytes, start, end));
    if (key >= 0) {
      this.#followers[this.#found + 1] = key;
      this.#found = key;
    }
    return key;
  }

  /** Gives them the next number; they must not have one. */
  add(bytes: Buffer, start: number, end: number): number {
    const key = this.#count;
    if (key >= this.#hashes.length) this.#grow();
    const length = end - start;
    if (this.#arenaEnd + length > this.#arena.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#arena.length * 2, this.#arenaEnd + length));
      this.#arena.copy(larger, 0, 0, this.#arenaEnd);
      this.#arena = larger;
    }
    bytes.copy(this.#arena, this.#arenaEnd, start, end);
    this.#arenaEnd += length;
    this.#ends[key] = this.#arenaEnd;
    this.#hashes[key] = this.#hash(bytes, start, end);
    this.#place(key);
    this.#count++;
    this.#followers[this.#found + 1] = key;
    this.#found = key;
    return key;
  }

  clear(): void {
    this.#slots = new Int32Array(slotsAtFirst).fill(-1);
    this.#hashes = new Int32Array(slotsAtFirst / 2);
    this.#ends = new Float64Array(slotsAtFirst / 2);
    this.#arena = Buffer.allocUnsafe(arenaBytesAtFirst);
    this.#arenaEnd = 0;
    this.#count = 0;
    this.#followers = new Int32Array(slotsAtFirst / 2 + 1).fill(-1);
    this.#found = -1;
  }

  #find(bytes: Buffer, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const key = this.#slots[slot]!;
      if (key < 0 || (this.#hashes[key] === hash && this.#isKey(key, bytes, start, end))) return key;
    }
  }

  #isKey(key: number, bytes: Buffer, start: number, end: number): boolean {
    let at = key === 0 ? 0 : this.#ends[key - 1]!;
    if (this.#ends[key]! - at !== end - start) return false;
    const arena = this.#arena;
    if (end - start > loopBytesMax) return bytes.compare(arena, at, this.#ends[key]!, start, end) === 0;
    for (let from = start; from < end; from++) if (arena[at++] !== bytes[from]) return false;
    return true;
  }

  #place(key: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[key]! & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = key;
  }

  #grow(): void {
    const slots = this.#slots.length * 2;
    const hashes = new Int32Array(slots / 2);
    hashes.set(this.#hashes);
    const ends = new Float64Array(slots / 2);
    ends.set(this.#ends);
    this.#slots = new Int32Array(slots).fill(-1);
    this.#hashes = hashes;
    this.#ends = ends;
    const followers = new Int32Array(slots / 2 + 1).fill(-1);
    followers.set(this.#followers);
    this.#followers = followers;
    for (let key = 0; key < this.#count; key++) this.#place(key);
  }

  /** Like MurmurHash3 with 32 bits, four bytes at a time. */
  #hash(bytes: Buffer, start: number, end: number): number {
    let hash = this.#seed;
    let at = start;
    for (const whole = end - 3; at < whole; at += 4) {
      let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      word = Math.imul(word, MIX_1);
      word = (word << 15) | (word >>> 17);
      hash ^= Math.imul(word, MIX_2);
      hash = (hash << 13) | (hash >>> 19);
      hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, MIX_1);
    hash ^= end - start;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}
