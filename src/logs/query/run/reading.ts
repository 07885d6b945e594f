import type { BlockPlan } from '../plan/plan.ts';
import type { LogSource, SelectRequest } from '../source.ts';
import type { BlockResult } from './block-result.ts';
import { createBlockRunner } from './block-runner.ts';
import type { QueryStatistics } from './result.ts';

/** Results of blocks, made where the source makes them or else here; what they cost is added up. */
export async function* readBlocks(
  source: LogSource,
  request: SelectRequest,
  plan: BlockPlan,
  statistics: QueryStatistics,
  checkStop: () => void,
): AsyncGenerator<BlockResult> {
  const results = source.scan ? source.scan(request, plan) : runHere(source, request, plan, checkStop);
  try {
    for await (const result of results) {
      checkStop();
      statistics.blocksOpened += result.blocks;
      statistics.blocksSkipped += result.skipped;
      statistics.bytesRead += result.bytesRead;
      statistics.linesProcessed += result.lines;
      statistics.linesMatched += result.matchedLines;
      statistics.bytesProcessed += result.bytes;
      yield result;
    }
  } finally {
    statistics.blocksSkipped += source.skippedBlocks?.(request) ?? 0;
  }
}

async function* runHere(
  source: LogSource,
  request: SelectRequest,
  plan: BlockPlan,
  checkStop: () => void,
): AsyncGenerator<BlockResult> {
  const runner = createBlockRunner(plan, checkStop);
  for await (const block of source.select(request)) {
    checkStop();
    yield runner.run(block);
  }
}
