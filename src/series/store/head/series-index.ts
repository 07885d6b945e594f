import { Labels } from '../../query/query.ts';
import { combine, HashTable, Int32Column } from './columns.ts';

/**
 * The series of one tenant and the inverted index over them, all in columns. A *pair* is a label with one of its values. Invariant: the
 * entries of a slot, from `entryStart`, name its pairs in the order of the label names, and each entry is in the list of its pair.
 */
export class SeriesIndex {
  readonly #symbols = new Map<string, number>();
  readonly #texts: string[] = [''];

  readonly #pairs = new HashTable((pair) => combine(this.#pairName.data[pair]!, this.#pairValue.data[pair]!));
  readonly #pairName = new Int32Column();
  readonly #pairValue = new Int32Column();
  readonly #pairFirst = new Int32Column();
  readonly #pairSeries = new Int32Column();
  /** The next pair with the same name. */
  readonly #pairNext = new Int32Column();
  /** Symbol of a label's name to its first pair. */
  readonly #nameFirst = new Map<number, number>();

  readonly #entryPair = new Int32Column(4096);
  readonly #entrySlot = new Int32Column(4096);
  readonly #entryNext = new Int32Column(4096);

  readonly #bySet = new HashTable((slot) => this.#setHash.data[slot]!);
  readonly #setHash = new Int32Column();
  readonly #entryStart = new Int32Column();
  readonly #entryCount = new Int32Column();
  #wanted = new Int32Array(64);

  constructor() {
    // 0 stands for none everywhere.
    for (const column of [this.#pairName, this.#pairValue, this.#pairFirst, this.#pairSeries, this.#pairNext])
      column.push(0);
    for (const column of [this.#entryPair, this.#entrySlot, this.#entryNext]) column.push(0);
    for (const column of [this.#setHash, this.#entryStart, this.#entryCount]) column.push(0);
  }

  /** Slots are numbered from 1 to one less than this. */
  get slotEnd(): number {
    return this.#entryStart.length;
  }

  has(slot: number): boolean {
    return slot > 0 && slot < this.#entryCount.length && this.#entryCount.data[slot]! >= 0;
  }

  /** The slot with exactly these labels, or 0. */
  find(labels: Labels): number {
    const { names, values } = labels;
    if (names.length > this.#wanted.length) this.#wanted = new Int32Array(names.length * 2);
    let hash = names.length;
    for (let i = 0; i < names.length; i++) {
      const pair = this.pairOf(names[i]!, values[i]!);
      if (pair === 0) return 0;
      this.#wanted[i] = pair;
      hash = combine(hash, pair);
    }
    return this.#bySet.find(hash, (slot) => this.#setHash.data[slot] === hash && this.#isWanted(slot, names.length));
  }

  #isWanted(slot: number, count: number): boolean {
    if (this.#entryCount.data[slot] !== count) return false;
    const start = this.#entryStart.data[slot]!;
    for (let i = 0; i < count; i++) if (this.#entryPair.data[start + i] !== this.#wanted[i]) return false;
    return true;
  }

  /** Puts labels that are not there into a new slot, or into `slot`. */
  add(labels: Labels, slot = this.#entryStart.length): number {
    const { names, values } = labels;
    while (this.slotEnd <= slot) {
      this.#setHash.push(0);
      this.#entryStart.push(0);
      this.#entryCount.push(-1);
    }
    this.#entryStart.data[slot] = this.#entryPair.length;
    this.#entryCount.data[slot] = names.length;
    let hash = names.length;
    for (let i = 0; i < names.length; i++) {
      const pair = this.#internPair(names[i]!, values[i]!);
      hash = combine(hash, pair);
      this.#entryPair.push(pair);
      this.#entrySlot.push(slot);
      const entry = this.#entryNext.push(this.#pairFirst.data[pair]!);
      this.#pairFirst.data[pair] = entry;
      this.#pairSeries.data[pair]!++;
    }
    this.#setHash.data[slot] = hash;
    this.#bySet.add(slot, hash);
    return slot;
  }

  labels(slot: number): Labels {
    const start = this.#entryStart.data[slot]!;
    const count = this.#entryCount.data[slot]!;
    const names = new Array<string>(count);
    const values = new Array<string>(count);
    for (let i = 0; i < count; i++) {
      const pair = this.#entryPair.data[start + i]!;
      names[i] = this.#texts[this.#pairName.data[pair]!]!;
      values[i] = this.#texts[this.#pairValue.data[pair]!]!;
    }
    return new Labels(names, values);
  }

  /** Names and values of a series' labels, as symbols. */
  symbolsOf(slot: number, visit: (name: number, value: number) => void): number {
    const start = this.#entryStart.data[slot]!;
    const count = this.#entryCount.data[slot]!;
    for (let entry = start; entry < start + count; entry++) {
      const pair = this.#entryPair.data[entry]!;
      visit(this.#pairName.data[pair]!, this.#pairValue.data[pair]!);
    }
    return count;
  }

  /** Symbols are numbered from 1 to one less than this. */
  get symbolEnd(): number {
    return this.#texts.length;
  }

  textOf(symbol: number): string {
    return this.#texts[symbol]!;
  }

  /** The pair of a label and a value that some series has, or 0. */
  pairOf(name: string, value: string): number {
    const nameSymbol = this.#symbols.get(name);
    if (nameSymbol === undefined) return 0;
    const valueSymbol = this.#symbols.get(value);
    return valueSymbol === undefined ? 0 : this.#findPair(nameSymbol, valueSymbol);
  }

  #findPair(name: number, value: number): number {
    return this.#pairs.find(
      combine(name, value),
      (pair) => this.#pairName.data[pair] === name && this.#pairValue.data[pair] === value,
    );
  }

  #internPair(name: string, value: string): number {
    const nameSymbol = this.#intern(name);
    const valueSymbol = this.#intern(value);
    const found = this.#findPair(nameSymbol, valueSymbol);
    if (found > 0) return found;
    const pair = this.#pairName.push(nameSymbol);
    this.#pairValue.push(valueSymbol);
    this.#pairFirst.push(0);
    this.#pairSeries.push(0);
    this.#pairNext.push(this.#nameFirst.get(nameSymbol) ?? 0);
    this.#nameFirst.set(nameSymbol, pair);
    this.#pairs.add(pair, combine(nameSymbol, valueSymbol));
    return pair;
  }

  #intern(text: string): number {
    let symbol = this.#symbols.get(text);
    if (symbol === undefined) {
      symbol = this.#texts.push(text) - 1;
      this.#symbols.set(text, symbol);
    }
    return symbol;
  }

  /** Names of labels that some series has. */
  *names(): Generator<string> {
    for (const symbol of this.#nameFirst.keys()) yield this.#texts[symbol]!;
  }

  /** Pairs of a label, one for each of its values. */
  *pairsOf(name: string): Generator<number> {
    let pair = this.#nameFirst.get(this.#symbols.get(name) ?? -1) ?? 0;
    for (; pair > 0; pair = this.#pairNext.data[pair]!) yield pair;
  }

  *values(label: string): Generator<string> {
    for (const pair of this.pairsOf(label)) yield this.valueOf(pair);
  }

  valueOf(pair: number): string {
    return this.#texts[this.#pairValue.data[pair]!]!;
  }

  /** How many series have the pair. */
  seriesOf(pair: number): number {
    return this.#pairSeries.data[pair]!;
  }

  /** Slots of the series with the pair, the newest first. */
  *slotsOf(pair: number): Generator<number> {
    for (let entry = this.#pairFirst.data[pair]!; entry > 0; entry = this.#entryNext.data[entry]!) {
      yield this.#entrySlot.data[entry]!;
    }
  }

  /** The pair that the series has for this label, or 0. */
  pairIn(slot: number, nameSymbol: number): number {
    const start = this.#entryStart.data[slot]!;
    const end = start + this.#entryCount.data[slot]!;
    for (let entry = start; entry < end; entry++) {
      const pair = this.#entryPair.data[entry]!;
      if (this.#pairName.data[pair] === nameSymbol) return pair;
    }
    return 0;
  }

  /** 0 where no series has a label of this name. */
  symbolOf(name: string): number {
    return this.#symbols.get(name) ?? 0;
  }
}
