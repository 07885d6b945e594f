import { release } from '../../../base/release.ts';

const TEXT_BYTES_MIN = 16 * 1024;
const SLOTS_MIN = 256;
const EMPTY = -1;
/** Whoever finds texts with the same hash makes them unknown, not slow. */
const probesMax = 32;

/**
 * A map by text that keeps the texts as bytes, outside of the heap: of a hundred thousand of them, which live for hours, the collector sees
 * nothing. Invariant: text `i` is `#bytes[#ends[i - 1], #ends[i])`, and its number is in one slot, at most `probesMax` behind that of its hash.
 */
export class LabelTexts<T> {
  readonly #values: T[] = [];
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #slots = new Int32Array(SLOTS_MIN).fill(EMPTY);
  readonly #seed: number;

  /** `seed` makes hashes that nobody outside can foretell. */
  constructor(seed = (Math.random() * 2 ** 31) | 0) {
    this.#seed = seed;
  }

  get count(): number {
    return this.#values.length;
  }

  get textBytes(): number {
    return this.#ends.at(-1) ?? 0;
  }

  get(text: Buffer): T | undefined {
    if (this.count === 0) return undefined;
    const hash = this.#hashOf(text);
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < probesMax; probe++) {
      const i = this.#slots[(hash + probe) & mask]!;
      if (i === EMPTY) return undefined;
      if (this.#hashes[i] === hash && this.#isText(i, text)) return this.#values[i];
    }
    return undefined;
  }

  /** The text is not there yet. */
  add(text: Buffer, value: T): void {
    const from = this.textBytes;
    if (from + text.length > this.#bytes.length) this.#lengthen(from + text.length);
    this.#bytes.set(text, from);
    const hash = this.#hashOf(text);
    this.#values.push(value);
    this.#ends.push(from + text.length);
    this.#hashes.push(hash);
    if (2 * this.count > this.#slots.length) this.#widen();
    else this.#place(hash, this.count - 1);
  }

  #lengthen(bytes: number): void {
    const before = this.#bytes;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * before.length, TEXT_BYTES_MIN));
    before.copy(this.#bytes);
    release(before);
  }

  #widen(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(EMPTY);
    for (let i = 0; i < this.count; i++) this.#place(this.#hashes[i]!, i);
  }

  #place(hash: number, i: number): void {
    const mask = this.#slots.length - 1;
    for (let probe = 0; probe < probesMax; probe++) {
      const slot = (hash + probe) & mask;
      if (this.#slots[slot] !== EMPTY) continue;
      this.#slots[slot] = i;
      return;
    }
  }

  /** FNV-1a, and the upper bits mixed into the lower ones. */
  #hashOf(text: Buffer): number {
    let hash = this.#seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text[i]!, 0x01000193);
    return (hash ^ (hash >>> 15)) & 0x3fffffff;
  }

  #isText(i: number, text: Buffer): boolean {
    const from = i === 0 ? 0 : this.#ends[i - 1]!;
    if (this.#ends[i]! - from !== text.length) return false;
    for (let at = 0; at < text.length; at++) if (this.#bytes[from + at] !== text[at]) return false;
    return true;
  }
}
