import type { Labels } from './labels/labels.ts';
import type { Matcher } from './labels/matcher.ts';
import type { QueryTimes } from './plan/times.ts';
import type { QueryResult } from './run/result.ts';
import type { Scope } from './source.ts';

/** One query to an engine. A step of 0 is an instant query, at `startMs` (and `endMs`). */
export interface SeriesQuery extends QueryTimes {
  query: string;
  scope: Scope;
  /** Who asks, for the list of running queries. */
  by?: string;
  /** Never longer than the engine's own limit. */
  timeoutMs?: number;
  lookbackMs?: number;
  /** Series of the answer; more are cut off with a warning. */
  seriesMax?: number;
  /** Add figures of the run to a JSON answer. */
  stats?: boolean;
  signal?: AbortSignal;
}

export interface SeriesSelection {
  scope: Scope;
  /** Series that match any of these; where there are none, all. */
  matchers: readonly (readonly Matcher[])[];
  minMs: number;
  maxMs: number;
  limit: number;
}

/**
 * Answers PromQL, wherever the series are: in our store, or behind another server's API. Whoever asks needs not know which.
 * Queries fail as `instantQuery` does; with Fault `overloaded` when too many wait; with `unavailable` when another server is not there.
 */
export interface SeriesEngine {
  run(query: SeriesQuery): Promise<QueryResult>;
  /** The body of Prometheus's answer to a query that succeeded, piece by piece. Whoever stops reading ends the query. */
  runToJson(query: SeriesQuery): Promise<AsyncIterable<Uint8Array>>;
  matching(selection: SeriesSelection): Promise<{ series: Labels[]; truncated: boolean }>;
  labelNames(selection: SeriesSelection): Promise<{ names: string[]; truncated: boolean }>;
  labelValues(label: string, selection: SeriesSelection): Promise<{ names: string[]; truncated: boolean }>;
  metadata(scope: Scope, metric: string | undefined, limit: number): Promise<Map<string, SeriesMetadata[]>>;
}

export interface SeriesMetadata {
  type: string;
  help: string;
  unit: string;
}
