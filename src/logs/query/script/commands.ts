import type { MemoryLine } from '../memory-source.ts';
import type { LabelRecord } from '../source.ts';

/** What a script says, in order. Lines of the script count from 1. */
export type Command =
  | { kind: 'clear' }
  | { kind: 'load'; labels: LabelRecord; lines: MemoryLine[] }
  | EvalCommand
  | { kind: 'wrong'; line: number; detail: string };

interface EvalHead {
  kind: 'eval';
  line: number;
  query: string;
  /** What the error has to hold; undefined where none is expected. */
  failure?: string;
}

export interface EvalLines extends EvalHead {
  what: 'lines';
  startNs: bigint;
  endNs: bigint;
  limit: number;
  direction: 'forward' | 'backward';
  /** In the order of the answer; labels are null where any will do. */
  rows: { timeNs: bigint; labels: LabelRecord | null; text: string }[];
}

export interface EvalMetric extends EvalHead {
  what: 'instant' | 'range';
  startNs: bigint;
  endNs: bigint;
  stepNs: number;
  isOrdered: boolean;
  scalar?: number;
  /** A value per step, null where there is none. */
  rows: { labels: LabelRecord; values: (number | null)[] }[];
}

export type EvalCommand = EvalLines | EvalMetric;
