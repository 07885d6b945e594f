import type { SampleKind } from '../plan/plan.ts';
import type { SeriesCells } from './block-result.ts';

/** A series without samples. */
export function emptyCells(key: string, labels: Record<string, string>): SeriesCells {
  return { key, labels, buckets: [], a: [], b: [], c: [], values: [], times: [] };
}

/** Adds samples to the buckets of one series, whose columns are its own from then on. Invariant: bucket `buckets[i]` is row `i` of every column that the kind uses. */
export class CellWriter {
  readonly cells: SeriesCells;
  readonly #kind: SampleKind;
  /** By bucket, from the second row on: most series of many have one. */
  #rows: Map<number, number> | undefined;
  #lastBucket = Number.NaN;
  #lastRow = 0;

  constructor(kind: SampleKind, cells: SeriesCells) {
    this.#kind = kind;
    this.cells = cells;
  }

  #row(bucket: number): number {
    if (bucket === this.#lastBucket) return this.#lastRow;
    let row = this.#known(bucket);
    if (row === undefined) {
      row = this.cells.buckets.length;
      this.#rows?.set(bucket, row);
      this.#make(bucket);
    }
    this.#lastBucket = bucket;
    this.#lastRow = row;
    return row;
  }

  #known(bucket: number): number | undefined {
    const { buckets } = this.cells;
    if (buckets.length < 2) return buckets[0] === bucket ? 0 : undefined;
    this.#rows ??= new Map(buckets.map((each, row) => [each, row]));
    return this.#rows.get(bucket);
  }

  #make(bucket: number): void {
    const { buckets, a, b, c, values, times } = this.cells;
    buckets.push(bucket);
    a.push(this.#kind === 'min' || this.#kind === 'max' ? Number.NaN : 0);
    if (this.#kind === 'mean') b.push(0);
    else if (this.#kind === 'first') b.push(Number.POSITIVE_INFINITY);
    else if (this.#kind === 'last') b.push(Number.NEGATIVE_INFINITY);
    else if (this.#kind === 'spread') {
      b.push(0);
      c.push(0);
    } else if (this.#kind === 'points') {
      values.push([]);
      times.push([]);
    }
  }

  /** So many lines, where lines are counted. */
  addCount(bucket: number, count: number): void {
    const row = this.#row(bucket);
    this.cells.a[row]! += count;
  }

  /** `time` is in nanoseconds from any fixed one. */
  add(bucket: number, value: number, time: number): void {
    const row = this.#row(bucket);
    const { a, b, c } = this.cells;
    switch (this.#kind) {
      case 'count':
        a[row]!++;
        return;
      case 'bytes':
      case 'sum':
        a[row]! += value;
        return;
      case 'mean':
        a[row] = meanWith(a[row]!, ++b[row]!, value);
        return;
      case 'min':
        if (value < a[row]! || Number.isNaN(a[row]!)) a[row] = value;
        return;
      case 'max':
        if (value > a[row]! || Number.isNaN(a[row]!)) a[row] = value;
        return;
      case 'spread': {
        const delta = value - a[row]!;
        a[row]! += delta / ++c[row]!;
        b[row]! += delta * (value - a[row]!);
        return;
      }
      case 'first':
        if (time < b[row]!) {
          a[row] = value;
          b[row] = time;
        }
        return;
      case 'last':
        if (time >= b[row]!) {
          a[row] = value;
          b[row] = time;
        }
        return;
      case 'points':
        this.cells.values[row]!.push(value);
        this.cells.times[row]!.push(time);
    }
  }

  /** Takes over what another block gave for the same series. */
  merge(other: SeriesCells): void {
    for (let from = 0; from < other.buckets.length; from++) {
      const row = this.#row(other.buckets[from]!);
      if (this.#kind === 'points') {
        for (const value of other.values[from]!) this.cells.values[row]!.push(value);
        for (const time of other.times[from]!) this.cells.times[row]!.push(time);
      } else joinCells(this.#kind, this.cells, row, other, from);
    }
  }
}

/** A mean that takes in one more value; an infinite one stays what it is. */
function meanWith(mean: number, count: number, value: number): number {
  if (Math.abs(mean) === Number.POSITIVE_INFINITY && (mean === value || Number.isFinite(value))) return mean;
  return mean + value / count - mean / count;
}

/** Joins row `from` of the other columns into row `row` of these. */
export function joinCells(kind: SampleKind, cells: SeriesCells, row: number, other: SeriesCells, from: number): void {
  const { a, b } = cells;
  const value = other.a[from]!;
  switch (kind) {
    case 'count':
    case 'bytes':
    case 'sum':
      a[row]! += value;
      return;
    case 'mean':
      joinMeans(a, b, row, value, other.b[from]!);
      return;
    case 'min':
      if (value < a[row]! || Number.isNaN(a[row]!)) a[row] = value;
      return;
    case 'max':
      if (value > a[row]! || Number.isNaN(a[row]!)) a[row] = value;
      return;
    case 'spread':
      joinSpreads(cells, row, value, other.b[from]!, other.c[from]!);
      return;
    case 'first':
      if (other.b[from]! < b[row]!) {
        a[row] = value;
        b[row] = other.b[from]!;
      }
      return;
    case 'last':
      if (other.b[from]! >= b[row]!) {
        a[row] = value;
        b[row] = other.b[from]!;
      }
      return;
  }
}

function joinMeans(means: number[], counts: number[], row: number, mean: number, count: number): void {
  const [own, ownCount] = [means[row]!, counts[row]!];
  const total = ownCount + count;
  counts[row] = total;
  if (ownCount === 0) means[row] = mean;
  else if (count > 0 && own !== mean && Number.isFinite(own)) {
    means[row] = Number.isFinite(mean) ? own + (mean - own) * (count / total) : mean;
  } else if (!Number.isFinite(own) && !Number.isFinite(mean) && own !== mean) means[row] = Number.NaN;
}

/** Chan's way of joining two variances. */
function joinSpreads({ a, b, c }: SeriesCells, row: number, mean: number, squares: number, count: number): void {
  const ownCount = c[row]!;
  const total = ownCount + count;
  if (total === 0) return;
  const delta = mean - a[row]!;
  b[row]! += squares + (delta * delta * ownCount * count) / total;
  a[row]! += (delta * count) / total;
  c[row] = total;
}
