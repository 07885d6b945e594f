/** Limits of queries, with Loki's names and defaults where it has them. */
export interface LokiSettings {
  /** max_entries_limit_per_query. */
  entriesMax: number;
  /** max_query_series. */
  seriesMax: number;
  /** max_query_length; 0: no limit. */
  queryLengthMsMax: number;
  /** max_query_range: of one range in a query; 0: no limit. */
  intervalMsMax: number;
  /** query_timeout. */
  timeoutMs: number;
  /** volume_max_series. */
  volumeSeriesMax: number;
  /** max_concurrent_tail_requests. */
  tailsMax: number;
  /** Queries that run at a time, and that wait for their turn; further ones are refused. */
  runningMax: number;
  queuedMax: number;
  /** Patterns of one answer, and lines that are mined for it; of more, every second, third, … is looked at. */
  patternsMax: number;
  minedLinesMax: number;
  /** A client that takes nothing of its answer for so long is cut. */
  stalledMsMax: number;
}

export const defaultLokiSettings: LokiSettings = {
  entriesMax: 5000,
  seriesMax: 500,
  queryLengthMsMax: 721 * 3_600_000,
  intervalMsMax: 0,
  timeoutMs: 60_000,
  volumeSeriesMax: 1000,
  tailsMax: 10,
  runningMax: 4,
  patternsMax: 300,
  minedLinesMax: 500_000,
  stalledMsMax: 60_000,
  queuedMax: 100,
};
