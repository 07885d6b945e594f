import type { Features, QueryTimes } from '../../query/query.ts';
import type { EncodedSelection } from '../../store/store.ts';
import type { Failure } from './failure.ts';
import type { PackedResult } from './packed-result.ts';
import type { StatFigures } from './stages.ts';

/** What a query's thread is told. Its series come as the store has them, in the order of the plan's reads. */
export interface Task extends QueryTimes {
  kind: 'run';
  query: string;
  options: ThreadOptions;
  reads: EncodedSelection[];
  /** Whether the answer is the body that a client gets, in pieces, or the value itself. */
  form: 'json' | 'value';
  seriesMax: number | undefined;
  stats: StatFigures | undefined;
}

/** What of the engine's options can go to another thread. */
export interface ThreadOptions {
  features: Features;
  lookbackMs: number;
  samplesMax: number;
  /** What is left of the time. */
  timeoutMs: number;
}

/** `more` asks for the next piece, `drop` says that nobody wants any. */
export type ToThread = Task | { kind: 'more' } | { kind: 'drop' };

/** Every task ends with one of `end`, `value` and `failed`. */
export type FromThread =
  | { kind: 'piece'; bytes: Uint8Array }
  | { kind: 'end' }
  | { kind: 'value'; result: PackedResult }
  | { kind: 'failed'; failure: Failure };

/** The first word of the shared flag: not 0 while the task should stop. */
export const stopWord = 0;
