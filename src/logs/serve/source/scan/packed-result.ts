import type { BlockCost, BlockResult, LinesResult, SamplesResult, SeriesCells } from '../../../query/query.ts';

/** A result as it goes from one thread to another: samples as a few large columns, which are moved and not copied. */
export type PackedResult = LinesResult | PackedSamples;

interface PackedSamples extends BlockCost {
  kind: 'packed-samples';
  keys: string[];
  /** Of each series. */
  labels: Record<string, string>[];
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

export function packResult(result: BlockResult): PackedResult {
  return result.kind === 'lines' ? result : packSamples(result);
}

export function unpackResult(packed: PackedResult): BlockResult {
  return packed.kind === 'lines' ? packed : unpackSamples(packed);
}

/** What need not be copied. */
export function buffersOf(packed: PackedResult): ArrayBuffer[] {
  if (packed.kind === 'lines') return [];
  const { rows, buckets, a, b, c, points, values, times } = packed;
  return [rows, buckets, a, b, c, points, values, times].map(({ buffer }) => buffer);
}

function packSamples({ series: made, ...cost }: SamplesResult): PackedSamples {
  const series = [...made];
  return {
    ...cost,
    kind: 'packed-samples',
    keys: series.map(({ key }) => key),
    labels: series.map(({ labels }) => labels),
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

function unpackSamples(packed: PackedSamples): SamplesResult {
  const { kind, keys, labels, rows, buckets, a, b, c, points, values, times, ...cost } = packed;
  return { kind: 'samples', ...cost, series: seriesOf(packed) };
}

function* seriesOf({ keys, labels, rows, buckets, a, b, c, points, values, times }: PackedSamples) {
  let from = 0;
  let pointsAt = 0;
  for (const [at, key] of keys.entries()) {
    const to = from + rows[at]!;
    const part = (column: Float64Array) => (column.length === 0 ? [] : Array.from(column.subarray(from, to)));
    const cells: SeriesCells = {
      key,
      labels: labels[at]!,
      ...{ buckets: part(buckets), a: part(a), b: part(b) },
      c: part(c),
      values: [],
      times: [],
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
