import type { Nanos } from '../../../base/nanotime.ts';
import type { CategorizedLabels } from '../pipeline/line-labels.ts';

export type QueryValue =
  | { type: 'streams'; streams: StreamResult[] }
  | { type: 'vector'; samples: VectorSample[] }
  | { type: 'matrix'; series: MatrixSeries[] }
  | { type: 'scalar'; value: number; timeMs: number };

/** Lines of equal labels, in the order that was asked for. */
export interface StreamResult {
  /** All of them, as a client sees them that does not ask where they come from. */
  labels: Record<string, string>;
  /** The same by where they come from. */
  categorized: CategorizedLabels;
  entries: { timeNs: Nanos; line: string }[];
}

export interface VectorSample {
  labels: Record<string, string>;
  timeMs: number;
  value: number;
}

export interface MatrixSeries {
  labels: Record<string, string>;
  timesMs: number[];
  values: number[];
}

/** What a query cost. */
export interface QueryStatistics {
  /** Lines within the time asked for that got past the filters over whole blocks, and bytes of the blocks that were opened. */
  linesProcessed: number;
  bytesProcessed: number;
  linesMatched: number;
  /** Of the blocks as they are stored. */
  bytesRead: number;
  blocksOpened: number;
  blocksSkipped: number;
  durationMs: number;
}

export interface QueryResult {
  value: QueryValue;
  statistics: QueryStatistics;
  /** What a reader should know: a limit that cut the answer, and what the source adds. */
  warnings: string[];
}
