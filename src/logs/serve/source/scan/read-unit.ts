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
} from '../../../query/query.ts';
import type { BlockFiles } from '../../../store/block-file.ts';
import { openFiled } from './filed-blocks.ts';
import type { ScanUnit } from './scan-protocol.ts';
import { skippedBlock } from './skipped-block.ts';

export interface Reading {
  plan: BlockPlan;
  runner: BlockRunner;
  needles: readonly Needle[];
}

/** What a block gives that is read where it lies; `unread` where it cannot or must not be: moved, gone or damaged, which the store finds out. */
export function readUnit(
  files: BlockFiles,
  { plan, runner, needles }: Reading,
  unit: ScanUnit,
  labels: readonly LabelRecord[],
): BlockResult[] | 'unread' {
  if (unit.throughStore) return 'unread';
  try {
    const readBefore = files.bytesRead;
    const open = openFiled(files.read(unit.place));
    const bytesRead = () => files.bytesRead - readBefore;
    if (!open.mayHold(needles)) return [skippedBlock(plan, unit, { bytes: open.textBytes, bytesRead: bytesRead() })];
    const results: BlockResult[] = [];
    for (const block of open.blocks(unit, labels)) {
      // Streams that lie in one block are one block that was read.
      results.push({ ...runner.run(block), ...(results.length > 0 && { blocks: 0 }) });
    }
    if (results[0]) results[0].bytesRead = bytesRead();
    return results;
  } catch (error) {
    if (isOfQuery(error)) throw error;
    return 'unread';
  }
}

/** Anything else may come from what was read. */
function isOfQuery(error: unknown): boolean {
  return [QueryStoppedError, QueryLimitError, PipelineError, QueryError].some((kind) => error instanceof kind);
}
