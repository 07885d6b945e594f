import type { Labels } from './labels/labels.ts';
import type { Matcher } from './labels/matcher.ts';

/** Who asks: every read of series needs one (tenant, and the namespaces whose series the caller may see). */
export interface Scope {
  tenant: string;
  namespaces: '*' | readonly string[];
}

/**
 * One series as columns of equal length, sorted by time, each time once. The source keeps the arrays: a query only reads them.
 * A staleness marker is the NaN with the bits 0x7ff0000000000002.
 */
export interface SourceSeries {
  labels: Labels;
  /** Milliseconds since 1970. */
  timestampsMs: Float64Array;
  values: Float64Array;
  /** When what a sample counts began, in milliseconds; 0 where unknown. Missing: unknown for all. */
  startTimestampsMs?: Float64Array;
  /** When native histograms were written to this series, if any: the engine refuses a query that reads one. */
  histogramTimestampsMs?: Float64Array;
}

/** Where series come from: memory, our store, a remote one. */
export interface SeriesSource {
  /**
   * Series that match all matchers, sorted by labels, with at least the samples from `minMs` to `maxMs`, both inclusive; more do no harm.
   * Series that the scope does not cover are left out.
   */
  select(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
  ): readonly SourceSeries[] | Promise<readonly SourceSeries[]>;

  /**
   * What `select` gives, one series at a time, for a reader that needs each once; a source that has this need not hold them all at once. The
   * columns of a series are good until the next one is asked for, and may be written anew then; labels may be kept. `timestampsMs` is the same
   * object as that of the series before only where the times are the same. The reader goes to the end or calls the iterator's `return`.
   */
  stream?(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
  ): Iterable<SourceSeries> | Promise<Iterable<SourceSeries>>;
}
