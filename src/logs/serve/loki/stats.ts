import type { QueryStatistics } from '../../query/query.ts';

/** What a query cost, in the form of Loki's statistics. Blocks count as chunks. */
export function statsOf(statistics: QueryStatistics, entriesReturned: number) {
  const { bytesProcessed, linesProcessed, linesMatched, durationMs, ...rest } = statistics;
  const seconds = durationMs / 1000;
  const perSecond = (amount: number) => (seconds > 0 ? Math.round(amount / seconds) : 0);
  return {
    summary: {
      bytesProcessedPerSecond: perSecond(bytesProcessed),
      linesProcessedPerSecond: perSecond(linesProcessed),
      totalBytesProcessed: bytesProcessed,
      totalLinesProcessed: linesProcessed,
      execTime: seconds,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: entriesReturned,
      splits: 0,
      shards: 0,
      totalPostFilterLines: linesMatched,
      totalStructuredMetadataBytesProcessed: 0,
    },
    querier: { store: storeStats({ bytesProcessed, linesProcessed, linesMatched, ...rest }) },
    ingester: {
      totalReached: 0,
      totalChunksMatched: 0,
      totalBatches: 0,
      totalLinesSent: 0,
      store: storeStats({
        bytesProcessed: 0,
        linesProcessed: 0,
        linesMatched: 0,
        blocksOpened: 0,
        blocksSkipped: 0,
        bytesRead: 0,
      }),
    },
  };
}

type Cost = Omit<QueryStatistics, 'durationMs'>;

function storeStats({ bytesProcessed, linesProcessed, linesMatched, blocksOpened, blocksSkipped, bytesRead }: Cost) {
  return {
    totalChunksRef: blocksOpened + blocksSkipped,
    totalChunksDownloaded: blocksOpened,
    chunksDownloadTime: 0,
    queryReferencedStructuredMetadata: false,
    chunk: {
      headChunkBytes: 0,
      headChunkLines: 0,
      decompressedBytes: bytesProcessed,
      decompressedLines: linesProcessed,
      compressedBytes: bytesRead,
      totalDuplicates: 0,
      postFilterLines: linesMatched,
      headChunkStructuredMetadataBytes: 0,
      decompressedStructuredMetadataBytes: 0,
    },
  };
}
