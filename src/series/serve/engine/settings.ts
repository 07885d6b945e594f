import { availableParallelism } from 'node:os';
import { type Features, noFeatures } from '../../query/query.ts';

/** How queries are run; all of it can be set. */
export interface QuerySettings {
  features: Features;
  /** Queries that are read or computed at a time; each has a thread of its own if it is large. */
  runningMax: number;
  /** Queries that wait for their turn; further ones are refused. */
  queuedMax: number;
  timeoutMs: number;
  lookbackMs: number;
  /** Samples that one query may hold. */
  samplesMax: number;
  /** Queries that read and make no more than this are computed on the spot: going to a thread would take longer. */
  inlineSamplesMax: number;
  /** JavaScript heap of a thread, beside the columns. */
  threadHeapMiBMax: number;
  /** A thread without work for this long is ended. */
  threadIdleMs: number;
}

export const defaultQuerySettings: QuerySettings = {
  features: noFeatures,
  runningMax: Math.max(2, Math.min(4, availableParallelism())),
  queuedMax: 100,
  timeoutMs: 120_000,
  lookbackMs: 300_000,
  samplesMax: 50_000_000,
  inlineSamplesMax: 40_000,
  threadHeapMiBMax: 2048,
  threadIdleMs: 60_000,
};
