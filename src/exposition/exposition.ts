/**
 * The door: Prometheus's exposition text (0.0.4) and OpenMetrics 1.0, read from bytes. No string is made for a sample whose
 * series the caller knows already: it gets the bytes of name and labels and looks them up.
 */

export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown';

/** What is called for each line, in the order of the page. Offsets are into the page's buffer, the end exclusive. */
export interface ExpositionSink {
  /** Name and labels as they stand on the page: the bytes are the same whenever the series is the same on that target's pages. */
  sample(
    seriesStart: number,
    seriesEnd: number,
    value: number,
    /** Milliseconds since 1970 (OpenMetrics's seconds are converted); NaN where the line has none. */
    timestampMs: number,
    /** OpenMetrics's `_created`-like start timestamp in milliseconds; NaN where the line has none. */
    startTimestampMs: number,
  ): void;
  /**
   * Asked at the beginning of each sample's line, where it is there: the end of the series that begins at `start`, for one that
   * stood on a page before and is followed by a space; -1 where it is none of these. Its grammar is then not looked at again.
   */
  knownSeries?(start: number): number;
  metadata?(kind: 'type' | 'help' | 'unit', name: string, text: string): void;
  /** A line that cannot be read. Return true to go on with the next line, false to stop. */
  malformed(fault: MalformedLine): boolean;
}

export interface MalformedLine {
  /** Counted from 1. */
  line: number;
  /** Character within the line, counted from 1. */
  character: number;
  problem: string;
}

export interface ExpositionOptions {
  format: 'text' | 'openmetrics';
  lineBytesMax: number;
}

export interface LabelPair {
  name: string;
  value: string;
}

export { formatOf } from './content-type.ts';
export { readExposition } from './read-exposition.ts';
export { seriesLabels } from './series-labels.ts';
