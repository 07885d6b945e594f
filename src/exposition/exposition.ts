/**
 * The door: Prometheus's exposition text (0.0.4) and OpenMetrics 1.0, read from bytes. No string is made for a sample whose
 * series the caller knows already: it gets the bytes of name and labels and looks them up.
 */

import type { KnownSamples } from './known-lines.ts';
import type { KnownSeries } from './known-series.ts';

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
  metadata?(kind: 'type' | 'help' | 'unit', name: string, text: string): void;
  /** A line that cannot be read. Return true to go on with the next line, false to stop. */
  malformed(fault: MalformedLine): boolean;
}

/** One that remembers the series of a target's pages: what stands on a page as it stood on the page before is read several times as fast. */
export interface KnowingSink extends ExpositionSink {
  readonly known: KnownSeries;
  /** The next samples of the page, as many as `count`, which are of known series; those whose entry is below 0 are left out. Not valid for longer. */
  knownSamples(count: number, samples: KnownSamples): void;
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
export type { KnownSamples } from './known-lines.ts';
export { KnownSeries, UNKNOWN } from './known-series.ts';
export { readExposition } from './read-exposition.ts';
export { seriesLabels } from './series-labels.ts';
