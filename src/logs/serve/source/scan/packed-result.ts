import type { BlockCost, BlockResult, LinesResult, SamplesResult, SeriesCells } from '../../../query/query.ts';

/** A result as it goes from one thread to another: samples as a few large columns, which are moved and not copied. */
export type PackedResult = LinesResult | PackedSamples;

type NamedSeries = Pick<SeriesCells, 'key' | 'labels'>;

/** Series that a thread has sent for a plan: most of what a block gives has been in others, and is then a number. Begun anew with each plan. */
export class SentSeries {
  readonly #numbers = new Map<string, number>();

  /** Puts it among the new ones where it is one. */
  numberOf({ key, labels }: NamedSeries, fresh: NamedSeries[]): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#numbers.size));
      fresh.push({ key, labels });
    }
    return number;
  }
}

/** The other end: the series that came from one thread for a plan, by number. */
export type ReceivedSeries = NamedSeries[];

/** To be called for the answers of a thread in the order in which they come. */
export function receiveSeries(packed: PackedResult, received: ReceivedSeries): void {
  if (packed.kind === 'packed-samples') for (const one of packed.fresh) received.push(one);
}

interface PackedSamples extends BlockCost {
  kind: 'packed-samples';
  /** Series that have not been sent before; they are numbered from the last one on. */
  fresh: NamedSeries[];
  /** The number of each series. */
  numbers: Uint32Array<ArrayBuffer>;
  /** Rows of each series, which follow one another in the columns. */
  rows: Uint32Array<ArrayBuffer>;
  buckets: Float64Array<ArrayBuffer>;
  a: Float64Array<ArrayBuffer>;
  /** Empty where the kind of sample does not use it. */
  b: Float64Array<ArrayBuffer>;
  c: Float64Array<ArrayBuffer>;
  /** Of points: how many each row has, and their values and times. */
  points: Uint32Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
  times: Float64Array<ArrayBuffer>;
}

/** Of columns that the kind of sample does not use. */
const unused = Object.freeze([]) as unknown as never[];

export function packResult(result: BlockResult, sent: SentSeries): PackedResult {
  return result.kind === 'lines' ? result : packSamples(result, sent);
}

export function unpackResult(packed: PackedResult, received: ReceivedSeries): BlockResult {
  return packed.kind === 'lines' ? packed : unpackSamples(packed, received);
}

/** What need not be copied. */
export function buffersOf(packed: PackedResult): ArrayBuffer[] {
  if (packed.kind === 'lines') return [];
  const { numbers, rows, buckets, a, b, c, points, values, times } = packed;
  return [numbers, rows, buckets, a, b, c, points, values, times].map(({ buffer }) => buffer);
}

function packSamples({ series: made, ...cost }: SamplesResult, sent: SentSeries): PackedSamples {
  const series = [...made];
  const fresh: NamedSeries[] = [];
  return {
    ...cost,
    kind: 'packed-samples',
    fresh,
    numbers: Uint32Array.from(series, (one) => sent.numberOf(one, fresh)),
    rows: Uint32Array.from(series, ({ buckets }) => buckets.length),
    buckets: together(series.map(({ buckets }) => buckets)),
    a: together(series.map(({ a }) => a)),
    b: together(series.map(({ b }) => b)),
    c: together(series.map(({ c }) => c)),
    points: Uint32Array.from(series.flatMap(({ values }) => values.map(({ length }) => length))),
    values: together(series.flatMap(({ values }) => values)),
    times: together(series.flatMap(({ times }) => times)),
  };
}

function together(columns: readonly (readonly number[])[]): Float64Array<ArrayBuffer> {
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all;
}

function unpackSamples(packed: PackedSamples, received: ReceivedSeries): SamplesResult {
  const { kind, fresh, numbers, rows, buckets, a, b, c, points, values, times, ...cost } = packed;
  return { kind: 'samples', ...cost, series: seriesOf(packed, received) };
}

function* seriesOf(
  { numbers, rows, buckets, a, b, c, points, values, times }: PackedSamples,
  received: ReceivedSeries,
): Generator<SeriesCells> {
  let from = 0;
  let pointsAt = 0;
  for (let at = 0; at < numbers.length; at++) {
    const to = from + rows[at]!;
    const cells: SeriesCells = {
      ...received[numbers[at]!]!,
      buckets: partOf(buckets, from, to),
      a: partOf(a, from, to),
      b: partOf(b, from, to),
      c: partOf(c, from, to),
      values: points.length > 0 ? [] : unused,
      times: points.length > 0 ? [] : unused,
    };
    for (let row = from; row < to && points.length > 0; row++) {
      const end = pointsAt + points[row]!;
      cells.values.push(Array.from(values.subarray(pointsAt, end)));
      cells.times.push(Array.from(times.subarray(pointsAt, end)));
      pointsAt = end;
    }
    from = to;
    yield cells;
  }
}

/** Most series of many have one row. */
function partOf(column: Float64Array, from: number, to: number): number[] {
  if (column.length === 0) return unused;
  return to === from + 1 ? [column[from]!] : Array.from(column.subarray(from, to));
}
