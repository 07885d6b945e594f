import type { BlockPlan } from '../plan/plan.ts';
import type { SourceBlock } from '../source.ts';
import type { BlockResult } from './block-result.ts';
import { createLineSelector } from './line-selector.ts';
import { createLinesRunner } from './lines-runner.ts';
import { createSamplesRunner } from './samples-runner.ts';

export interface BlockRunner {
  /** Throws PipelineError, QueryLimitError, and whatever `checkStop` throws. */
  run(block: SourceBlock): BlockResult;
}

/** Compiles a plan, to be run on any number of blocks in this thread. `checkStop` is called often, and throws to end the run. */
export function createBlockRunner(plan: BlockPlan, checkStop: () => void = () => {}): BlockRunner {
  const select = createLineSelector(plan, checkStop);
  return plan.kind === 'lines' ? createLinesRunner(plan, select) : createSamplesRunner(plan, select);
}
