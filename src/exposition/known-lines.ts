import { createMemory, Module, PAGE_BYTES } from '../base/webassembly.ts';
import type { KnowingSink } from './exposition.ts';
import { knownLinesModule } from './known-lines-module.ts';
import { powersOfTen } from './number-reader.ts';

/** What the module gives; known-lines.as says what each does. */
interface Exports {
  hash(at: number, length: number): void;
  read(from: number, end: number, lineBytesMax: number, hasTimes: number): number;
}

/** Where things are in the module's memory, as in known-lines.as. */
const POWERS = 0;
const TENS = 256;
const STATE = 512;
const LEADING = 1024;
const VALUES = 2048;
const TIMES = 6144;
const ENTRIES = 10_240;
const samplesMax = 512;
/** What is hashed by itself stands here. */
const HASHED = 14_336;
/** The part of the page that is being read. */
const PART = 16_384;
const ROWS = 163_840;
/** Behind it may be read. */
const slackBytes = 64;
const partBytesMax = ROWS - PART - slackBytes;

/** Of the state, in numbers of 32 bits: two each of the seed, the multiplier and a hash, then the row that was read last and how many samples there are. */
const SEED = 0;
const HASH = 4;
const LAST = 6;
const COUNT = 7;
const stateNumbers = 8;

/** What a row holds: a hash in two parts, the entry, the row that stood behind it last, how many bytes it is the hash of. Row 0 stands before a page's first line. */
export const ROW = { hashLow: 0, hashHigh: 1, entry: 2, next: 3, length: 4, numbers: 5 };
/** Of one target. */
export const rowsMax = 50_000;
/** A longer series or comment has no row. */
export const knownBytesMax = 1024;
/** No line with a row that the module reads is longer: its number has few digits. */
const plainBytesMax = knownBytesMax + slackBytes;

/** Samples of series that are known, in the order of the page. */
export interface KnownSamples {
  readonly entries: Int32Array;
  readonly values: Float64Array;
  /** NaN where the line has none. */
  readonly timestampsMs: Float64Array;
}

/** What lines are known by. */
export interface KnownRows {
  readonly rows: Int32Array;
  /** The row that was read last. */
  last: number;
  /** Of the hash: seed and multiplier, two numbers each. The multiplier is odd. */
  readonly secrets: readonly number[];
}

/** The module and its memory. Invariant: from `begin` to `end`, the rows in the memory are those of `#known`; its part of the page is `#from` to `#to`. */
export class KnownLines {
  /** Valid while somebody is told of them. */
  readonly samples: KnownSamples;
  readonly #rows: Int32Array;
  readonly #state: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #module: Exports;
  #known: KnownRows | undefined;
  #page: Buffer = nothing;
  #from = 0;
  #to = 0;

  constructor() {
    const rowBytes = (rowsMax + 1) * ROW.numbers * Int32Array.BYTES_PER_ELEMENT;
    const memory = createMemory(Math.ceil((ROWS + rowBytes) / PAGE_BYTES));
    const { buffer } = memory;
    this.#module = new Module<Exports>(knownLinesModule).instantiate(memory).run;
    this.#bytes = new Uint8Array(buffer);
    this.#state = new Int32Array(buffer, STATE, stateNumbers);
    this.#rows = new Int32Array(buffer, ROWS, rowBytes / Int32Array.BYTES_PER_ELEMENT);
    this.samples = {
      entries: new Int32Array(buffer, ENTRIES, samplesMax),
      values: new Float64Array(buffer, VALUES, samplesMax),
      timestampsMs: new Float64Array(buffer, TIMES, samplesMax),
    };
    writeTables(buffer);
  }

  begin(page: Buffer, known: KnownRows): void {
    this.#page = page;
    this.#known = known;
    this.#rows.set(known.rows);
    this.#load(0);
  }

  end(): void {
    this.#page = nothing;
    this.#known = undefined;
  }

  /** Reads lines from `at` on as long as they are plain, and says where it stopped. `hasTimes`: a time, where there is one, is in whole milliseconds. */
  read(known: KnownRows, at: number, sink: KnowingSink, lineBytesMax: number, hasTimes: boolean): number {
    const state = this.#state;
    for (let position = at; ; ) {
      if (known.rows[ROW.numbers * known.last + ROW.next] === 0) return position;
      if (this.#isElsewhere(position)) this.#load(position);
      this.#tellSecrets(known.secrets);
      state[LAST] = known.last;
      const here = PART - this.#from;
      position = this.#module.read(here + position, here + this.#to, lineBytesMax, hasTimes ? 1 : 0) - here;
      known.last = state[LAST]!;
      const count = state[COUNT]!;
      if (count > 0) sink.knownSamples(count, this.samples);
      if (position >= this.#page.length || (count < samplesMax && !this.#isElsewhere(position))) return position;
    }
  }

  /** A row has changed. */
  write(known: KnownRows, at: number, value: number): void {
    if (known === this.#known) this.#rows[at] = value;
  }

  /** Of up to `knownBytesMax` bytes; it is then in `hashLow` and `hashHigh`. */
  hash(secrets: readonly number[], page: Buffer, start: number, end: number): void {
    this.#tellSecrets(secrets);
    const isHere = page === this.#page && start >= this.#from && end <= this.#to;
    if (!isHere) for (let at = start; at < end; at++) this.#bytes[HASHED + at - start] = page[at]!;
    this.#module.hash(isHere ? PART - this.#from + start : HASHED, end - start);
  }

  get hashLow(): number {
    return this.#state[HASH]!;
  }

  get hashHigh(): number {
    return this.#state[HASH + 1]!;
  }

  #tellSecrets(secrets: readonly number[]): void {
    for (let at = 0; at < secrets.length; at++) this.#state[SEED + at] = secrets[at]!;
  }

  /** Whether a plain line from there may reach beyond the part. */
  #isElsewhere(at: number): boolean {
    if (at < this.#from || at > this.#to) return true;
    return at > this.#from && this.#to - at < plainBytesMax && this.#to < this.#page.length;
  }

  #load(from: number): void {
    this.#from = from;
    this.#to = Math.min(this.#page.length, from + partBytesMax);
    const isAll = this.#to - from === this.#page.length;
    this.#bytes.set(isAll ? this.#page : this.#page.subarray(from, this.#to), PART);
  }
}

const nothing = Buffer.alloc(0);
let made: KnownLines | undefined;

/** The one of this thread, made when it is first needed. */
export function knownLines(): KnownLines {
  made ??= new KnownLines();
  return made;
}

function writeTables(buffer: ArrayBuffer): void {
  new Float64Array(buffer, POWERS, powersOfTen.length).set(powersOfTen);
  new BigUint64Array(buffer, TENS, 9).set(Array.from({ length: 9 }, (_, power) => 10n ** BigInt(power)));
  const last = powersOfTen.length - 1;
  const leading = Array.from({ length: 2 * last + 1 }, (_, at) => leadingBits(at - last));
  new BigUint64Array(buffer, LEADING, leading.length).set(leading);
}

/** The first 64 bits of a power of ten, the rest cut off. */
function leadingBits(exponent: number): bigint {
  const size = 10n ** BigInt(Math.abs(exponent));
  const bits = BigInt(size.toString(2).length);
  if (exponent >= 0) return bits > 64n ? size >> (bits - 64n) : size << (64n - bits);
  const quotient = (1n << (bits + 64n)) / size;
  return quotient >> BigInt(quotient.toString(2).length - 64);
}
