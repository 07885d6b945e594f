import type { Nanos } from '../../base/nanotime.ts';
import type { CompactText, Lines } from '../block/block.ts';
import type { Scope } from '../store/store.ts';
import type { BlockPlan } from './plan/plan.ts';
import type { BlockResult } from './run/block-result.ts';
import type { Matcher } from './syntax/ast.ts';

export type { Scope };
export type LabelRecord = Readonly<Record<string, string>>;

export type { Lines };

/** The text of lines, got where it is needed. */
export interface BlockText {
  /** Of all lines, each with the byte behind it. */
  readonly textBytes: number;
  /** As in `Lines`; where it can be, without the text. */
  starts(): Uint32Array;
  all(): Lines;
  /** A form that is searched without being put together. */
  readonly compact?: CompactText;
}

/** Structured metadata of lines, got where it is needed. */
export interface BlockMetadata {
  /** All that occur in it; there may be more. */
  names: readonly string[];
  /** The sets that occur, and which of them each line has. */
  get(): { sets: readonly LabelRecord[]; of: Uint32Array };
}

/** Lines of which the bits `mask` of their flags are `bits`. */
export interface FlaggedLines {
  flags: Uint8Array;
  mask: number;
  bits: number;
}

/** Text that is there already. */
export function plainText(lines: Lines): BlockText {
  return { textBytes: lines.text.length, starts: () => lines.starts, all: () => lines };
}

/**
 * Lines of one stream. The lines of a block are best in order of time, but need not be. What is in it belongs to the source; a query only
 * reads it.
 */
export interface SourceBlock {
  /** Of the stream: names and values that are not empty. */
  labels: LabelRecord;
  timeMin: Nanos;
  timeMax: Nanos;
  text: BlockText;
  lineCount: number;
  times(): BigInt64Array;
  /** The lines of this stream: so streams that were stored together share their columns. Missing: all are. */
  only?: FlaggedLines;
  /** Structured metadata. Missing: no line has any. */
  metadata?: BlockMetadata;
  /** Each line also has `detected_level` among its structured metadata, told by the line when somebody asks. Not beside `metadata`. */
  detectsLevel?: true;
}

/** Bytes that every wanted line holds. With `ignoreCase`, in any case of its ASCII letters, and given in lower case. */
export interface Needle {
  text: string;
  ignoreCase: boolean;
}

export interface SelectRequest {
  scope: Scope;
  matchers: readonly Matcher[];
  /** Inclusive. */
  sinceNs: Nanos;
  /** Exclusive. Lines outside do no harm. */
  untilNs: Nanos;
  direction: 'forward' | 'backward';
  hints: {
    /** A block in which one of them does not occur can be left out. */
    needles: readonly Needle[];
    needsText: boolean;
    /** How many lines the query returns at most, where it returns lines: it will often stop early. */
    linesWanted?: number;
  };
  signal: AbortSignal;
}

/** Where lines come from: memory, our store, a remote one. */
export interface LogSource {
  /**
   * Blocks of the streams that match all matchers and that the scope covers, over all streams in the order of `timeMin`
   * (backward: of `timeMax`, latest first). The query stops iterating when it has enough, which ends the reading.
   */
  select(request: SelectRequest): AsyncIterable<SourceBlock>;

  /**
   * The same, with each block already run through the plan where it was read (`createBlockRunner`, on a thread), results in the
   * order of `select` where the plan gives lines, in any order where it gives samples. Where it is missing the engine runs them.
   */
  scan?(request: SelectRequest, plan: BlockPlan): AsyncIterable<BlockResult>;

  /** What the reading cost so far, for the statistics of an answer: blocks that filters let it leave out. */
  skippedBlocks?(request: SelectRequest): number;
}
