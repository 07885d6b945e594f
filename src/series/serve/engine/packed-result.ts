import { Labels, type QueryResult, type QueryValue } from '../../query/query.ts';

/** A result whose labels are plain: objects of classes do not go from one thread to another. */
export interface PackedResult {
  value: PackedValue;
  warnings: string[];
  infos: string[];
}

interface PlainLabels {
  names: readonly string[];
  values: readonly string[];
}

type PackedValue =
  | Extract<QueryValue, { type: 'scalar' | 'string' }>
  | { type: 'vector'; samples: { labels: PlainLabels; timeMs: number; value: number }[] }
  | { type: 'matrix'; series: { labels: PlainLabels; timesMs: Float64Array; values: Float64Array }[] };

export function packResult({ value, warnings, infos }: QueryResult): PackedResult {
  return { value: packed(value), warnings, infos };
}

export function unpackResult({ value, warnings, infos }: PackedResult): QueryResult {
  return { value: unpacked(value), warnings, infos };
}

function packed(value: QueryValue): PackedValue {
  const plain = ({ names, values }: Labels): PlainLabels => ({ names, values });
  if (value.type === 'vector')
    return { type: 'vector', samples: value.samples.map((one) => ({ ...one, labels: plain(one.labels) })) };
  if (value.type === 'matrix')
    return { type: 'matrix', series: value.series.map((one) => ({ ...one, labels: plain(one.labels) })) };
  return value;
}

function unpacked(value: PackedValue): QueryValue {
  const whole = ({ names, values }: PlainLabels) => new Labels(names, values);
  if (value.type === 'vector')
    return { type: 'vector', samples: value.samples.map((one) => ({ ...one, labels: whole(one.labels) })) };
  if (value.type === 'matrix')
    return { type: 'matrix', series: value.series.map((one) => ({ ...one, labels: whole(one.labels) })) };
  return value;
}
