import { QueryLimitError, type SeriesSource, type SourceSeries, seriesMax } from '../../query/query.ts';
import { type EncodedSelection, kept, movable, SelectionDecoder, SelectionLimitError } from '../../store/store.ts';

/** Less is not worth giving back early. */
const releasedBytesMin = 64 * 1024;

/** What a query reads, gathered before it is computed. Invariant: selections are given in the order in which the query asks, each once. */
export class SelectionSource implements SeriesSource {
  readonly #selections: readonly EncodedSelection[];
  readonly #samplesMax: number;
  readonly #decoders: SelectionDecoder[] = [];

  constructor(selections: readonly EncodedSelection[], samplesMax: number) {
    this.#selections = selections;
    this.#samplesMax = samplesMax;
  }

  /** That were decoded. */
  get samples(): number {
    return this.#decoders.reduce((sum, { samples }) => sum + samples, 0);
  }

  select(): SourceSeries[] {
    return [...inWordsOfQueries(kept(this.#next()))];
  }

  stream(): Iterable<SourceSeries> {
    return inWordsOfQueries(this.#next().series());
  }

  #next(): SelectionDecoder {
    const decoder = new SelectionDecoder(this.#selections[this.#decoders.length]!, this.#samplesMax - this.samples);
    this.#decoders.push(decoder);
    return decoder;
  }

  /** Gives its memory back; nobody may read any more. What a result shows is its own. */
  release(): void {
    for (const selection of this.#selections) {
      for (const buffer of movable(selection)) if (buffer.byteLength >= releasedBytesMin) buffer.transfer(0);
    }
  }
}

function* inWordsOfQueries(series: Iterable<SourceSeries>): Generator<SourceSeries> {
  try {
    yield* series;
  } catch (error) {
    throw asQueryError(error);
  }
}

/** The store stops reading where a query's limits are passed; the query fails in the engine's words. */
export function asQueryError(error: unknown): unknown {
  if (!(error instanceof SelectionLimitError)) return error;
  if (error.limit === 'series') return new QueryLimitError(`a selector matches more than ${seriesMax} series`);
  return new QueryLimitError('query processing would load too many samples into memory in query execution');
}
