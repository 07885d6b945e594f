import type { Labels } from '../../query/query.ts';
import type { ChunkColumns } from '../chunk/chunk.ts';

/** Samples of one series from one place: a window of the head, or a block. */
export interface SeriesPart {
  readonly labels: Labels;
  /** `read` gives no more samples than this. */
  readonly samplesMax: number;
  readonly hasStarts: boolean;
  /** The time of one of its samples, if that is known without reading; NaN otherwise. */
  readonly aTimeMs: number;
  /** Brings what `read` needs into memory; undefined where it is there. */
  load?(): Promise<void> | undefined;
  /** Writes the samples from `minMs` to `maxMs`, and perhaps more, sorted by time, to the columns from `at` on; gives where they end. */
  read(minMs: number, maxMs: number, into: ChunkColumns, at: number): number;
}
