import type { BlockPlan, BlockResult } from '../../../query/query.ts';

/** What a block gives in which no wanted line can be, once it was looked at. */
export function skippedBlock(
  plan: BlockPlan,
  { timeMin, timeMax }: { timeMin: bigint; timeMax: bigint },
  read: { bytes: number; bytesRead: number },
): BlockResult {
  const cost = { blocks: 0, skipped: 1, lines: 0, matchedLines: 0, ...read };
  if (plan.kind === 'samples') return { kind: 'samples', series: [], ...cost };
  return { kind: 'lines', timeMin, timeMax, labels: [], entries: [], ...cost };
}
