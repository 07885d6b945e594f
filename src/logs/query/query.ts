/** The door: LogQL. Parse, print, and run queries over any source of lines. */
export { compileMatcher } from './labels/matcher.ts';
export * from './memory-source.ts';
export { provenanceLabel } from './pipeline/line-labels.ts';
export type { BlockPlan } from './plan/plan.ts';
export type { BlockCost, BlockResult, LinesResult, SamplesResult, SeriesCells } from './run/block-result.ts';
export { type BlockRunner, createBlockRunner } from './run/block-runner.ts';
export * from './run/engine.ts';
export * from './run/query-error.ts';
export * from './run/result.ts';
export { createResultMerger } from './run/result-merger.ts';
export { runScript } from './script/run-script.ts';
export * from './source.ts';
export * from './syntax/ast.ts';
export * from './syntax/parse.ts';
export * from './syntax/parse-error.ts';
export * from './syntax/prettify.ts';
export { print } from './syntax/print.ts';
export { parseQueryDuration } from './text/durations.ts';
