import { type KnownRows, knownBytesMax, knownLines, ROW, rowsMax } from './known-lines.ts';

const rowsAtFirst = 64;
const rowsGrowth = 1.125;
/** A power of two. */
const placesAtFirst = 128;
const START = 0;

/** No entry: the series is not known. */
export const UNKNOWN = -1;
/** The entry of a comment, as known-lines.as has it. */
const COMMENT = -3;

/**
 * The series of one target's pages, each with an entry that its user gave it, found by the bytes of name and labels; no string is made. 64 bits, made with secrets,
 * stand for the bytes: pages are large and there are many of them. A page has its series in the order of the page before, nearly always:
 * which one comes next is known, and looked for first. Comments are remembered beside them.
 * Invariant: rows 1 to `#size` are in use. `#places` is open addressing over a power of two, at most three quarters full: a row's number, or 0 where it is free.
 */
export class KnownSeries implements KnownRows {
  readonly secrets: readonly number[];
  rows = new Int32Array(ROW.numbers * rowsAtFirst);
  last = START;
  readonly #lines = knownLines();
  #places = new Uint16Array(placesAtFirst);
  #size = 0;
  /** Of what was sought last: how many bytes it has, 0 where they are too many, and its hash. */
  #length = 0;
  #low = 0;
  #high = 0;

  constructor(random: () => number) {
    const bits = () => Math.trunc(random() * 2 ** 32) | 0;
    // The multiplier is odd, and has bits in many places even where `random` always says the same.
    this.secrets = [bits(), bits(), (bits() ^ 0x7f4a7c15) | 1, bits() ^ 0x9e3779b9];
  }

  get size(): number {
    return this.#size;
  }

  /** Then it takes no more, until it is cleared. */
  get isFull(): boolean {
    return this.#size >= rowsMax;
  }

  /** To be called at the beginning of a page; what is read of it in pieces is one page. */
  begin(): void {
    this.last = START;
  }

  /** The entry, or UNKNOWN. */
  find(page: Buffer, start: number, end: number): number {
    this.#length = end - start > knownBytesMax ? 0 : end - start;
    if (this.#length === 0) return UNKNOWN;
    this.#lines.hash(this.secrets, page, start, end);
    this.#low = this.#lines.hashLow;
    this.#high = this.#lines.hashHigh;
    const row = this.#places[this.#placeOf(this.#low, this.#high)]!;
    if (row === START) return UNKNOWN;
    this.#follow(row);
    return this.rows[ROW.numbers * row + ROW.entry]!;
  }

  /** For the series that was sought last, and not found. Below 0, but not UNKNOWN: nobody is told of its samples. */
  put(entry: number): void {
    if (this.#length === 0 || this.isFull) return;
    if (4 * (this.#size + 1) > 3 * this.#places.length) this.#growPlaces();
    const row = ++this.#size;
    if (ROW.numbers * (row + 1) > this.rows.length) this.#growRows();
    this.#places[this.#placeOf(this.#low, this.#high)] = row;
    const at = ROW.numbers * row;
    this.#write(at + ROW.hashLow, this.#low);
    this.#write(at + ROW.hashHigh, this.#high);
    this.#write(at + ROW.entry, entry);
    this.#write(at + ROW.next, START);
    this.#write(at + ROW.length, this.#length);
    this.#follow(row);
  }

  /** A line that has been read, and told of to nobody. */
  putComment(page: Buffer, start: number, end: number): void {
    if (this.find(page, start, end) === UNKNOWN) this.put(COMMENT);
  }

  clear(): void {
    this.#places.fill(START);
    this.#size = 0;
    this.last = START;
    this.#write(ROW.next, START);
  }

  #follow(row: number): void {
    this.#write(ROW.numbers * this.last + ROW.next, row);
    this.last = row;
  }

  #write(at: number, value: number): void {
    this.rows[at] = value;
    this.#lines.write(this, at, value);
  }

  /** Where the row of this hash is named, or would be. */
  #placeOf(low: number, high: number): number {
    const mask = this.#places.length - 1;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const row = this.#places[place]!;
      const at = ROW.numbers * row;
      if (row === START || (this.rows[at + ROW.hashLow] === low && this.rows[at + ROW.hashHigh] === high)) return place;
    }
  }

  #growPlaces(): void {
    this.#places = new Uint16Array(2 * this.#places.length);
    for (let row = 1; row <= this.#size; row++) {
      const at = ROW.numbers * row;
      this.#places[this.#placeOf(this.rows[at + ROW.hashLow]!, this.rows[at + ROW.hashHigh]!)] = row;
    }
  }

  #growRows(): void {
    const rows = new Int32Array(
      ROW.numbers * Math.min(rowsMax + 1, Math.ceil((this.rows.length / ROW.numbers) * rowsGrowth)),
    );
    rows.set(this.rows);
    this.rows = rows;
  }
}
