/** A request to write metrics by OTLP, as plain data, whether it came as protocol buffers or as JSON. Only what is kept is here. */
export interface ResourceMetrics {
  attributes: Attribute[];
  metrics: Metric[];
}

/** The value as text. */
export type Attribute = readonly [name: string, value: string];

export type Metric = { name: string; description: string; unit: string } & (
  | { kind: 'gauge'; points: NumberPoint[] }
  | { kind: 'sum'; points: NumberPoint[]; isMonotonic: boolean; temporality: number }
  | { kind: 'histogram'; points: HistogramPoint[]; temporality: number }
  | { kind: 'summary'; points: SummaryPoint[] }
  /** With exponential buckets, or of a kind that came after this was written. */
  | { kind: 'other'; what: string; pointCount: number }
);

/** As OTLP numbers it; 1 is delta, 0 is not said. */
export const cumulativeTemporality = 2;

export interface Point {
  attributes: Attribute[];
  /** 0: not said. */
  startMs: number;
  timeMs: number;
  /** The series has ended. */
  isStale: boolean;
}

export interface NumberPoint extends Point {
  value: number;
}

export interface HistogramPoint extends Point {
  count: number;
  sum: number | undefined;
  bucketCounts: number[];
  bounds: number[];
}

export interface SummaryPoint extends Point {
  count: number;
  sum: number;
  quantiles: { quantile: number; value: number }[];
}

/** The lowest bit of a point's flags. */
export const noRecordedValueFlag = 1;
