/** The door: PromQL. Parse, print, and run queries over any source of series. */
export { compareLabels, Labels } from './labels/labels.ts';
export { createMatcher, type Matcher, type MatchOp } from './labels/matcher.ts';
export { MemorySource } from './memory-source.ts';
export { type EngineOptions, instantQuery, type QueryRequest, type RangeRequest, rangeQuery } from './run/engine.ts';
export { NativeHistogramError, QueryError, QueryLimitError } from './run/query-error.ts';
export type { MatrixSeries, QueryResult, QueryValue, VectorSample } from './run/result.ts';
export { type CaseOutcome, runScript, type ScriptReport } from './script/run-script.ts';
export type { Scope, SeriesSource, SourceSeries } from './source.ts';
export type { Expr } from './syntax/ast.ts';
export { typeOf } from './syntax/check.ts';
export { allFeatures, type Features, noFeatures } from './syntax/features.ts';
export { parse, parseMatchers } from './syntax/parse.ts';
export { ParseError } from './syntax/parse-error.ts';
export { print } from './syntax/print.ts';
