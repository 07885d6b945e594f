import { formatByteSize } from '../../base/byte-size.ts';
import { Fault } from '../../base/fault.ts';
import type { LogLine } from '../output/log-lines.ts';

/** What Loki's API answers, as far as it is shown. */
export interface LokiData {
  resultType: 'streams' | 'vector' | 'matrix' | 'scalar';
  result: unknown;
  stats?: unknown;
}

export interface LokiStream {
  stream: Record<string, string>;
  values: [timeNs: string, line: string][];
}

export interface LokiStats {
  summary: { totalBytesProcessed: number; totalLinesProcessed: number; totalPostFilterLines: number; execTime: number };
  querier: { store: { totalChunksRef: number; totalChunksDownloaded: number } };
}

/** Lines of all streams, earliest first. */
export function readLines({ resultType, result }: LokiData): LogLine[] {
  if (resultType !== 'streams' || !Array.isArray(result)) {
    throw new Fault('unavailable', "the server's answer is not a list of streams");
  }
  return linesOf(result as LokiStream[], 'backward');
}

/** Earliest first; of lines with one time the order is kept, which the server gave in the direction that was asked for. */
export function linesOf(streams: readonly LokiStream[], direction: 'forward' | 'backward'): LogLine[] {
  const lines = streams.flatMap(({ stream, values }) =>
    (direction === 'forward' ? values : values.toReversed()).map(([time, line]) => {
      return { timeNs: BigInt(time), labels: stream, line };
    }),
  );
  return lines.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
}

/** What a query cost, in one line. */
export function statsText({ summary, querier: { store } }: LokiStats): string {
  const { totalBytesProcessed, totalLinesProcessed, totalPostFilterLines, execTime } = summary;
  const blocks = `${store.totalChunksDownloaded} of ${store.totalChunksRef} blocks opened`;
  const lines = `${totalPostFilterLines} of ${totalLinesProcessed} lines matched`;
  return `stats: ${formatByteSize(totalBytesProcessed)} read, ${blocks}, ${lines}, ${(execTime * 1000).toFixed(1)} ms`;
}
