import type { Labels } from '../../query/query.ts';
import type { SelectionBuilder } from './encoded-selection.ts';

/** Samples of one series from one place: a window of the head, or a block. */
export interface SeriesPart {
  readonly labels: Labels;
  /** The time of one of its samples, if that is known without reading; NaN otherwise. */
  readonly aTimeMs: number;
  /** Brings what `list` needs into memory; undefined where it is there. */
  load?(): Promise<void> | undefined;
  /** Adds the pieces with the samples from `minMs` to `maxMs`, and perhaps more, in the order of time. */
  list(minMs: number, maxMs: number, into: SelectionBuilder): void;
}
