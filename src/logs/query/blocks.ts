/** A further door: plans run over blocks, which is all that threads do. What parses queries and evaluates them is not loaded for it. */
export { provenanceLabel } from './pipeline/line-labels.ts';
export type { BlockPlan } from './plan/plan.ts';
export type { BlockResult } from './run/block-result.ts';
export { type BlockRunner, createBlockRunner } from './run/block-runner.ts';
export { PipelineError, QueryError, QueryLimitError, QueryStoppedError } from './run/query-error.ts';
export { createResultMerger } from './run/result-merger.ts';
export { type BlockMetadata, type LabelRecord, type Needle, plainText, type SourceBlock } from './source.ts';
