/** Multipliers of MurmurHash3's rounds. */
const MIX_1 = 0xcc9e2d51;
const MIX_2 = 0x1b873593;
const slotsAtFirst = 1024;
/** What is shorter is compared faster by a loop than by a call. */
const loopBytesMax = 32;
const arenaBytesAtFirst = 64 * 1024;
/** The end that a key has in common with the one before is kept once, from this length on. */
const sharedBytesMin = 32;
/** And where it is at least this part of the key, so that what is shared does not get shorter and shorter. */
const sharedPartMin = 1 / 3;

/**
 * Numbers runs of bytes, the first 0: the same bytes get the same number, and no string is made to find it. What comes one after the other
 * (the series of a pod) mostly differs in its first bytes alone: a key is bytes of its own, then bytes that may be another key's too.
 * Invariant: every slot of the table is empty or holds a number; at least half of them are empty.
 */
export class ByteKeys {
  readonly #seed: number;
  #slots = new Int32Array(slotsAtFirst).fill(-1);
  #hashes = new Int32Array(slotsAtFirst / 2);
  /** Where each key's own bytes end in the arena; they begin where those of the one before end. */
  #ends = new Uint32Array(slotsAtFirst / 2);
  /** Where the bytes behind them are, which an earlier key brought, and how many. */
  #tails = new Uint32Array(slotsAtFirst / 2);
  #tailLengths = new Uint32Array(slotsAtFirst / 2);
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
    const own = end - start - this.#shareTail(key, bytes, start, end);
    this.#makeRoom(own);
    bytes.copy(this.#arena, this.#arenaEnd, start, start + own);
    this.#arenaEnd += own;
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
    this.#ends = new Uint32Array(slotsAtFirst / 2);
    this.#tails = new Uint32Array(slotsAtFirst / 2);
    this.#tailLengths = new Uint32Array(slotsAtFirst / 2);
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
    const ownEnd = this.#ends[key]!;
    const tailLength = this.#tailLengths[key]!;
    const middle = end - tailLength;
    if (ownEnd - at !== middle - start) return false;
    const arena = this.#arena;
    if (middle - start > loopBytesMax) {
      if (bytes.compare(arena, at, ownEnd, start, middle) !== 0) return false;
    } else for (let from = start; from < middle; from++) if (arena[at++] !== bytes[from]) return false;
    if (tailLength === 0) return true;
    const tail = this.#tails[key]!;
    return bytes.compare(arena, tail, tail + tailLength, middle, end) === 0;
  }

  /** Finds the end that the new key shares with the one before it, which was found or added last; gives its length. */
  #shareTail(key: number, bytes: Buffer, start: number, end: number): number {
    this.#tailLengths[key] = 0;
    const before = this.#found;
    if (before < 0) return 0;
    const hasTail = this.#tailLengths[before]! > 0;
    const from = hasTail ? this.#tails[before]! : before === 0 ? 0 : this.#ends[before - 1]!;
    const to = hasTail ? from + this.#tailLengths[before]! : this.#ends[before]!;
    const most = Math.min(to - from, end - start);
    let shared = 0;
    while (shared < most && this.#arena[to - 1 - shared] === bytes[end - 1 - shared]) shared++;
    if (shared < sharedBytesMin || shared < (end - start) * sharedPartMin) return 0;
    this.#tails[key] = to - shared;
    this.#tailLengths[key] = shared;
    return shared;
  }

  #makeRoom(length: number): void {
    if (this.#arenaEnd + length <= this.#arena.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(Math.ceil(this.#arena.length * 1.5), this.#arenaEnd + length));
    this.#arena.copy(larger, 0, 0, this.#arenaEnd);
    this.#arena = larger;
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
    const grown = (column: Uint32Array) => {
      const larger = new Uint32Array(slots / 2);
      larger.set(column);
      return larger;
    };
    this.#ends = grown(this.#ends);
    this.#tails = grown(this.#tails);
    this.#tailLengths = grown(this.#tailLengths);
    this.#slots = new Int32Array(slots).fill(-1);
    this.#hashes = hashes;
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
