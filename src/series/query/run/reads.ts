import type { Plan } from '../plan/plan.ts';
import type { Scope, SeriesSource, SourceSeries } from '../source.ts';
import { QueryLimitError } from './query-error.ts';
import { type SelectedSeries, selectedSeries } from './selected-series.ts';

/** The most series that one selector can read. */
export const seriesMax = 2_000_000;

/**
 * What a query reads. Invariant: a read that one node alone uses is gone through once, and its series are let go one by one where the source
 * can do that; the others are held.
 */
export class Reads {
  readonly #series: readonly Iterable<SourceSeries>[];
  readonly #streams: Set<Iterator<SourceSeries>>;

  private constructor(series: readonly Iterable<SourceSeries>[], streams: Set<Iterator<SourceSeries>>) {
    this.#series = series;
    this.#streams = streams;
  }

  static async open(source: SeriesSource, scope: Scope, plan: Plan): Promise<Reads> {
    const series: Iterable<SourceSeries>[] = [];
    const streams = new Set<Iterator<SourceSeries>>();
    const reads = new Reads(series, streams);
    try {
      for (const { matchers, minMs, maxMs, uses } of plan.reads) {
        if (uses > 1 || source.stream === undefined) {
          series.push(await source.select(scope, matchers, minMs, maxMs));
          continue;
        }
        const stream = (await source.stream(scope, matchers, minMs, maxMs))[Symbol.iterator]();
        streams.add(stream);
        series.push({ [Symbol.iterator]: () => stream });
      }
    } catch (error) {
      reads.close();
      throw error;
    }
    return reads;
  }

  /** Columns are good until the next series is asked for. */
  *of(read: number): Generator<SelectedSeries> {
    const iterator = this.#series[read]![Symbol.iterator]();
    let count = 0;
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      if (++count > seriesMax) throw new QueryLimitError(`a selector matches more than ${seriesMax} series`);
      yield selectedSeries(next.value);
    }
    this.#streams.delete(iterator);
  }

  /** Streams that were not read to their end are not wanted any more. */
  close(): void {
    for (const stream of this.#streams) stream.return?.();
    this.#streams.clear();
  }
}
