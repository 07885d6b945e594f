import {
  type BlockPlan,
  type BlockResult,
  type BlockRunner,
  type LabelRecord,
  type Needle,
  PipelineError,
  QueryError,
  QueryLimitError,
  QueryStoppedError,
} from '../../../query/blocks.ts';
import type { BlockCache } from './block-cache.ts';
import { type OpenBlock, openFiled } from './filed-blocks.ts';
import type { ScanUnit } from './scan-protocol.ts';
import { skippedBlock } from './skipped-block.ts';

export interface Reading {
  /** Of the query: greater than those before it. */
  number: number;
  plan: BlockPlan;
  runner: BlockRunner;
  needles: readonly Needle[];
}

/** What a block gives that is read where it lies; `unread` where it cannot or must not be: moved, gone or damaged, which the store finds out. */
export function readUnit(
  blocks: BlockCache,
  { number, plan, runner, needles }: Reading,
  unit: ScanUnit,
  labels: readonly LabelRecord[],
): BlockResult[] | 'unread' {
  if (unit.throughStore) return 'unread';
  try {
    const readBefore = blocks.bytesRead;
    const open = openFiled(blocks.open(unit.place, number));
    const bytesRead = () => blocks.bytesRead - readBefore;
    if (!open.mayHold(needles)) return [skippedBlock(plan, unit, { bytes: open.textBytes, bytesRead: bytesRead() })];
    const results = resultsOf(open, plan, runner, unit, labels);
    // Read here, so that a damaged one is a damaged block.
    if (unit.wantsFilter) blocks.lastFilter();
    if (results[0]) results[0].bytesRead = bytesRead();
    return results;
  } catch (error) {
    if (isOfQuery(error)) throw error;
    return 'unread';
  } finally {
    blocks.settle();
  }
}

function resultsOf(
  open: OpenBlock,
  plan: BlockPlan,
  runner: BlockRunner,
  unit: ScanUnit,
  labels: readonly LabelRecord[],
): BlockResult[] {
  const run = (joinsOutputs: boolean) =>
    // Streams that lie in one block are one block that was read.
    Array.from(open.blocks(unit, labels, { joinsOutputs, keepsTimes: plan.kind === 'lines' }), (block, at) => {
      const result = runner.run(block);
      return at === 0 ? result : { ...result, blocks: 0 };
    });
  if (!mayJoinOutputs(plan)) return run(false);
  try {
    return run(true);
  } catch (error) {
    // Whose line it was that failed is among what is wrong.
    if (error instanceof PipelineError) return run(false);
    throw error;
  }
}

/** Whether nothing of the query tells the outputs of a container apart. */
function mayJoinOutputs(plan: BlockPlan): boolean {
  if (plan.kind !== 'samples' || plan.preserveErrors) return false;
  return plan.needed !== null && !plan.needed.includes('stream');
}

/** Anything else may come from what was read. */
function isOfQuery(error: unknown): boolean {
  return [QueryStoppedError, QueryLimitError, PipelineError, QueryError].some((kind) => error instanceof kind);
}
