import type { TextFilter } from '../../../block/block.ts';
import type { BlockPlan, LabelRecord, Needle } from '../../../query/query.ts';
import type { BlockPlace, LineRange } from '../../../store/block-file.ts';
import type { Output } from '../stream-labels.ts';
import type { Failure } from './failure.ts';
import type { PackedResult } from './packed-result.ts';

/** Lines of a block that are of one instance (its outputs that are wanted) or of one pushed stream. `labels` is a place in the batch's list. */
export interface UnitPart {
  ranges: readonly LineRange[];
  streams: readonly { labels: number; output?: Output }[];
}

/** A block to read. */
export interface ScanUnit {
  place: BlockPlace;
  throughStore?: true;
  /** No line of the parts is before or after these. */
  timeMin: bigint;
  timeMax: bigint;
  parts: readonly UnitPart[];
  /** The block's filter is not known yet, and wanted. */
  wantsFilter?: true;
}

/** `batch` and `plan` are numbers that the pool gives out. */
export type ToThread =
  | { kind: 'plan'; plan: number; stopSlot: number; blockPlan: BlockPlan; needles: readonly Needle[] }
  | { kind: 'batch'; plan: number; batch: number; labels: readonly LabelRecord[]; units: readonly ScanUnit[] }
  | { kind: 'forget'; plan: number };

/** The filter of a compact block, which is the unit `at` of its batch. */
export interface UnitFilter {
  at: number;
  filter: TextFilter;
}

/** Every batch ends with one `done` or `failed`. `unread` are places among its units: those that have to be read through the store. */
export type FromThread =
  | { kind: 'ready' }
  | {
      kind: 'done';
      batch: number;
      plan: number;
      result: PackedResult;
      unread: readonly number[];
      filters: readonly UnitFilter[];
    }
  | { kind: 'failed'; batch: number; failure: Failure };

/** What threads are given; a part of it they share: a plan whose number stands in its slot is to be stopped. */
export interface Shared {
  stops: SharedArrayBuffer;
  /** By slot: a time beyond which no line can matter any more, for plans that give lines. */
  bounds: SharedArrayBuffer;
  /** What blocks may take that one thread leaves open. */
  cacheBytesMax: number;
}
