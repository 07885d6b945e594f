import { Labels } from '../labels/labels.ts';

/** Columns of rows share larger buffers: thousands of small ones are dear to make and to collect. */
const slabLength = 32 * 1024;

/** Hands out columns. Invariant: what it gave out and did not get back is never given out again. */
class Columns<Column extends Float64Array | Uint8Array> {
  readonly #make: (length: number) => Column;
  #slab: Column;
  #used = 0;
  /** The newest, if it came back: making the view anew would cost more than filling it. */
  #returned: Column | undefined;

  constructor(make: (length: number) => Column) {
    this.#make = make;
    this.#slab = make(0);
  }

  /** It may hold anything. */
  take(length: number): Column {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned?.length === length) return returned;
    if (returned !== undefined) this.#used -= returned.length;
    if (length >= slabLength) return this.#make(length);
    if (this.#used + length > this.#slab.length) {
      this.#slab = this.#make(slabLength);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return this.#slab.subarray(from, this.#used) as Column;
  }

  /** Nothing happens unless it is the newest, which nobody else may hold. */
  giveBack(column: Float64Array | Uint8Array): void {
    const from = this.#used - column.length;
    if (column.buffer !== this.#slab.buffer || column.byteOffset !== from * column.BYTES_PER_ELEMENT) return;
    if (this.#returned === undefined) this.#returned = column as Column;
  }
}

const columns = new Columns((length) => new Float64Array(length));
const flags = new Columns((length) => new Uint8Array(length));

/** One series over all steps of an evaluation: the unit that operators work on. Its columns belong to whoever holds the row. */
export interface Row {
  labels: Labels;
  /** The metric's name is to go when the query is done (with delayed name removal), or has gone already. */
  dropName: boolean;
  values: Float64Array;
  /** 1 where the row has a value at the step; null: everywhere. What `values` holds elsewhere means nothing. */
  present: Uint8Array | null;
}

export function isPresent(row: Row, step: number): boolean {
  return row.present === null || row.present[step] === 1;
}

/** A row that is filled step by step; `null` presence is restored when it turns out to be full. */
export function emptyRow(labels: Labels, count: number, dropName = false): Row {
  return { labels, dropName, values: columns.take(count), present: flags.take(count).fill(0) };
}

/** A row whose steps with a value are known beforehand; `present` is copied, null stands for all. */
export function newRow(labels: Labels, count: number, present: Uint8Array | null, dropName = false): Row {
  const values = columns.take(count);
  if (present === null) return { labels, dropName, values, present };
  const own = flags.take(count);
  own.set(present);
  return { labels, dropName, values, present: own };
}

/** The columns of a row that nobody needs any more are used for the next one, if it was the newest. */
export function giveBack(row: Row): void {
  if (row.present !== null) flags.giveBack(row.present);
  columns.giveBack(row.values);
}

/** Settles the presence of a row that was filled step by step; undefined where nothing was. */
export function settled(row: Row): Row | undefined {
  if (row.present === null) return row;
  if (!row.present.includes(0)) {
    flags.giveBack(row.present);
    return { labels: row.labels, dropName: row.dropName, values: row.values, present: null };
  }
  return row.present.includes(1) ? row : undefined;
}

export function pointCount(row: Row): number {
  if (row.present === null) return row.values.length;
  let points = 0;
  for (const flag of row.present) points += flag;
  return points;
}

/** Slots of a row that count as one sample: a row takes room for the steps at which its series is missing, too. */
const SLOTS_PER_SAMPLE = 4;

/** What a row counts against the limit on samples. */
export function heldBy(row: Row): number {
  return Math.max(pointCount(row), Math.ceil(row.values.length / SLOTS_PER_SAMPLE));
}

export function scalarRow(values: Float64Array): Row {
  return { labels: Labels.empty, dropName: false, values, present: null };
}
