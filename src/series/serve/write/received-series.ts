import { Labels } from '../../query/query.ts';
import type { MetricMetadata } from '../../store/store.ts';
import type { SampleBatch } from './sample-batch.ts';

/** What a request to write holds, in the terms of its own series, which are counted from 0. */
export interface ReceivedWrite {
  samples: SampleBatch;
  seriesCount: number;
  /** Where the bytes are that name a series: the same for the same series in every request of that form. */
  keyBytes: Buffer;
  keyStarts: number[];
  keyEnds: number[];
  /** Asked for series that are not known yet. Throws InvalidSeries. */
  labels(series: number): Labels;
  metadata: [metric: string, metadata: MetricMetadata][];
  /** What is not kept. */
  histogramCount: number;
  exemplarCount: number;
}

/** A series that cannot be, in words for the sender. */
export class InvalidSeries extends Error {}

/** Labels with an empty value are no labels. Throws InvalidSeries where a name is missing or occurs twice. */
export function checkedLabels(pairs: readonly (readonly [string, string])[]): Labels {
  const seen = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (name === '' || !name.isWellFormed() || name.includes('\ufffd')) {
      throw new InvalidSeries(`invalid metric name or labels, got ${shown(pairs)}`);
    }
    if (seen.has(name)) {
      throw new InvalidSeries(`invalid labels for series, labels ${shown(pairs)}, duplicated label ${name}`);
    }
    seen.set(name, value);
  }
  const labels = Labels.from(seen);
  if (!labels.has('__name__')) throw new InvalidSeries(`invalid metric name or labels, got ${shown(pairs)}`);
  return labels;
}

/** What is shown of a series to whoever sent it. */
const shownCharsMax = 300;

function shown(pairs: readonly (readonly [string, string])[]): string {
  const text = `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
  return text.length <= shownCharsMax ? text : `${text.slice(0, shownCharsMax)}…`;
}
