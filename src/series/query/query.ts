/** The door: PromQL. Parse, print, and run queries over any source of series. */
export * from './labels/labels.ts';
export * from './labels/matcher.ts';
export * from './memory-source.ts';
export type { QueryTimes } from './plan/times.ts';
export * from './run/engine.ts';
export * from './run/query-error.ts';
export * from './run/result.ts';
export * from './script/run-script.ts';
export * from './series-engine.ts';
export * from './source.ts';
export * from './syntax/ast.ts';
export * from './syntax/check.ts';
export * from './syntax/features.ts';
export * from './syntax/functions.ts';
export * from './syntax/parse.ts';
export * from './syntax/parse-error.ts';
export * from './syntax/prettify.ts';
export * from './syntax/print.ts';
