/** The door of the store of series: durable, scoped, bounded. The implementation is in the files beside this one (`open.ts`). */
import type { Labels, Matcher, Scope, SeriesSource, SourceSeries } from '../query/query.ts';
import type { EncodedSelection } from './read/encoded-selection.ts';
import type { SelectionLimits } from './selection-limit.ts';

export { type EncodedSelection, movable, SelectionBuilder } from './read/encoded-selection.ts';
export { kept, SelectionDecoder } from './read/selection-decoder.ts';
export { SelectionLimitError, type SelectionLimits } from './selection-limit.ts';

/** The number of a series within its tenant, above 0. It stays valid while the store is open and the series is in the head. */
export type SeriesRef = number;

/** Samples as columns of equal length, in any order of time and series. The store reads the arrays until the call resolves. */
export interface SampleColumns {
  refs: Float64Array;
  timestampsMs: Float64Array;
  /** A staleness marker is the NaN with the bits 0x7ff0000000000002. */
  values: Float64Array;
  /** When what a sample counts began; 0 where unknown. */
  startTimestampsMs?: Float64Array;
  /** Only the first of them count. */
  length: number;
}

/** What became of the samples of one call. What is not taken is counted here and in the store's metrics, and does not hinder the rest. */
export interface Appended {
  taken: number;
  /** The same time and the same value as held already: harmless. */
  repeated: number;
  /** Another value for a time that is held. */
  conflicting: number;
  /** Older than the out-of-order window reaches. */
  tooOld: number;
  /** Further in the future than the store allows. */
  tooNew: number;
  /** Indexes of samples whose ref is not (or no longer) known: ask `series` again and repeat these. */
  unknownRefs: number[];
}

/** In the order of their numbers in remote write, 1.0 and 2.0. */
export const metricTypes = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;

export interface MetricMetadata {
  type: (typeof metricTypes)[number];
  help: string;
  unit: string;
}

export interface SeriesStatus {
  headSeries: number;
  headSamples: number;
  blocks: number;
  diskBytes: number;
  minTimeMs: number | null;
  maxTimeMs: number | null;
  /** Set while the store refuses to append, with the reason (disk full, …). */
  refusing: string | null;
}

/** A read that returns names or values can be cut short. */
export interface Names {
  names: string[];
  /** More were found than the limit allows. */
  truncated: boolean;
}

/** What whoever brings samples needs of a store; another server by remote write has the same shape. */
export type SeriesWriter = Pick<SeriesStore, 'series' | 'append' | 'setMetadata'>;

export interface SeriesStore extends SeriesSource {
  /** Columns may be parts of larger buffers, and series may share their times: copy before transferring. Rejects with SelectionLimitError. */
  select(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits?: SelectionLimits,
  ): Promise<SourceSeries[]>;

  /**
   * What `select` gives, as the store has it: a fraction of its size, to be decoded series by series, here or by another thread. Its limit on samples
   * is passed for certain; whether fewer are within the time, the decoder sees. Rejects with SelectionLimitError.
   */
  gather(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits?: SelectionLimits,
  ): Promise<EncodedSelection>;

  /**
   * The refs of these series, made where new. A series beyond a named limit (series in all, labels, label bytes) gets ref 0 and
   * is counted; the reason of the first is in `refused`.
   */
  series(tenant: string, labels: readonly Labels[]): { refs: Float64Array; refused: string | null };

  /** Resolves when every taken sample is on disk (group commit). Rejects with Fault `disk-full` or `overloaded`; then nothing counts as taken. */
  append(tenant: string, samples: SampleColumns): Promise<Appended>;

  /** Keeps the newest of each metric name; in memory and bounded, as Prometheus has it. */
  setMetadata(tenant: string, metric: string, metadata: MetricMetadata): void;
  metadata(scope: Scope, metric: string | undefined, limit: number): Map<string, MetricMetadata>;

  /** Labels of the series that match any of the matcher lists (all where there are none), with a sample in the time. Sorted. */
  matching(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<{ series: Labels[]; truncated: boolean }>;
  /**
   * Names and values of labels, sorted. Without matchers, and for all namespaces, the time chooses whole blocks and two-hour windows of the head,
   * and what they name is given without a look at samples, as Prometheus does.
   */
  labelNames(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names>;
  labelValues(
    scope: Scope,
    label: string,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names>;

  /** Durably; the samples are no longer read at once and leave the disk with the next compaction. */
  deleteSeries(scope: Scope, matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<void>;

  status(): SeriesStatus;
  close(): Promise<void>;
}
