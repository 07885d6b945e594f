import type { Labels } from '../labels/labels.ts';

export interface VectorSample {
  labels: Labels;
  timeMs: number;
  value: number;
}

export interface MatrixSeries {
  labels: Labels;
  /** Milliseconds, ascending; as long as `values`. */
  timesMs: Float64Array;
  values: Float64Array;
}

/** What a query gives. Native histograms will come as a second column beside `value` and `values`. */
export type QueryValue =
  | { type: 'scalar'; timeMs: number; value: number }
  | { type: 'string'; timeMs: number; value: string }
  /** In the order in which the query gave them. */
  | { type: 'vector'; samples: VectorSample[] }
  /** Sorted by labels. */
  | { type: 'matrix'; series: MatrixSeries[] };

export interface QueryResult {
  value: QueryValue;
  /** What may be wrong with the query or its data, with the position in the query. */
  warnings: string[];
  infos: string[];
}
