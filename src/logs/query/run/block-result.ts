import type { Nanos } from '../../../base/nanotime.ts';
import type { CategorizedLabels } from '../pipeline/line-labels.ts';

/** What one block gave, as plain data: it can be sent from a thread. */
export type BlockResult = LinesResult | SamplesResult;

export interface BlockCost {
  /** Blocks that were opened, and those that could be left out once they were looked at. */
  blocks: number;
  skipped: number;
  /** Of the blocks as they are stored. */
  bytesRead: number;
  /** Lines of the block within the time asked for, and the bytes of its text. */
  lines: number;
  bytes: number;
  /** Lines that came through the pipeline. */
  matchedLines: number;
}

/** What is the same of every block that was opened, until its source says more. */
export const oneBlock = { blocks: 1, skipped: 0, bytesRead: 0 as number };

export interface LinesResult extends BlockCost {
  kind: 'lines';
  timeMin: Nanos;
  timeMax: Nanos;
  labels: CategorizedLabels[];
  /** In the order that was asked for, at most as many as were asked for; `labels` is an index. */
  entries: { timeNs: Nanos; line: string; labels: number }[];
}

export interface SamplesResult extends BlockCost {
  kind: 'samples';
  /** Gone through once: what comes from a thread is made on the way, and most of it is soon part of what another block gave. */
  series: Iterable<SeriesCells>;
}

/** Samples of one series by bucket, in columns; which are used depends on the kind of sample. */
export interface SeriesCells {
  key: string;
  labels: Record<string, string>;
  buckets: number[];
  /** The count, sum, mean, extremum or value. */
  a: number[];
  /** Of a mean its count; of a spread the sum of squares; of a first or last value its time. */
  b: number[];
  /** Of a spread its count. */
  c: number[];
  /** Of points: values and times, per bucket. */
  values: number[][];
  times: number[][];
}
