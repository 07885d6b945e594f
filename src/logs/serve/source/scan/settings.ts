import { availableParallelism } from 'node:os';

/** How blocks are read for queries; all of it can be set. */
export interface ScanSettings {
  /** Threads at a time, over all queries. 0: everything is read on the main thread. */
  threadsMax: number;
  /** Text that is handed to a thread at a time. */
  batchTextBytes: number;
  /** Queries that read less text than this do so on the main thread: going to another takes longer. */
  inlineTextBytesMax: number;
  /** JavaScript heap of a thread; the blocks are beside it. */
  threadHeapMiBMax: number;
  /** What compact blocks may take that threads leave open for the next query, all threads together. */
  cacheBytesMax: number;
  /** What filters of blocks may take that are remembered. */
  filterBytesMax: number;
  /** A thread without work for this long is ended. */
  threadIdleMs: number;
}

export const defaultScanSettings: ScanSettings = {
  threadsMax: Math.min(16, availableParallelism()),
  batchTextBytes: 8 * 1024 * 1024,
  inlineTextBytesMax: 512 * 1024,
  threadHeapMiBMax: 512,
  cacheBytesMax: 48 * 1024 * 1024,
  filterBytesMax: 32 * 1024 * 1024,
  threadIdleMs: 60_000,
};
