import { type Clock, systemClock } from '../../../base/clock.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { type QueryTimes, stepCount } from '../plan/times.ts';
import type { Scope, SeriesSource } from '../source.ts';
import { documentedType, typeOf } from '../syntax/check.ts';
import { type Features, noFeatures } from '../syntax/features.ts';
import { parse } from '../syntax/parse.ts';
import { Annotations } from './annotations.ts';
import { Evaluation, type QueryState } from './evaluation.ts';
import { QueryError, QueryLimitError, QueryStoppedError } from './query-error.ts';
import { Reads, seriesMax } from './reads.ts';
import type { QueryResult } from './result.ts';
import { instantValue, rangeValue } from './result-value.ts';

/** The most steps that a range query can have, as in Prometheus. */
export const stepsMax = 11_000;
export { seriesMax };

/** How an engine runs its queries. */
export interface EngineOptions {
  features?: Features;
  /** A sample is shown for this long after it was taken, unless another one comes. Default 5 minutes. */
  lookbackMs?: number;
  /** The step of a subquery that names none. Default 1 minute. */
  subqueryStepMs?: number;
  /** Samples that a query may hold at once. Default 50 million. */
  samplesMax?: number;
  /** How long a query may run. Default 2 minutes. */
  timeoutMs?: number;
  clock?: Clock;
}

export interface QueryRequest {
  query: string;
  source: SeriesSource;
  scope: Scope;
  timeMs: number;
  /** Ends the query early; it then fails as cancelled. Looked at while it computes, too. */
  signal?: Pick<AbortSignal, 'aborted'>;
  /** What planQuery made of this very query, with the same times and options. */
  plan?: Plan;
}

export interface RangeRequest extends Omit<QueryRequest, 'timeMs'>, QueryTimes {}

/**
 * Runs a query at one time. Throws ParseError, QueryError, QueryLimitError, QueryStoppedError or NativeHistogramError, all of them
 * Faults.
 */
export async function instantQuery(request: QueryRequest, options: EngineOptions = {}): Promise<QueryResult> {
  const times = { startMs: request.timeMs, endMs: request.timeMs, stepMs: 0 };
  return run(request, times, options, instantValue);
}

/** Runs a query at every step from `startMs` to `endMs`. Throws as instantQuery does. */
export async function rangeQuery(request: RangeRequest, options: EngineOptions = {}): Promise<QueryResult> {
  return run(request, rangeTimes(request), options, rangeValue);
}

/**
 * What a query will ask of its source, in the order in which it asks, and at how many steps it will be computed: so that the series can be
 * read in one place and the query be computed in another. A step of 0 is an instant query. Throws as the queries do.
 */
export function planQuery(query: string, times: QueryTimes, options: EngineOptions = {}): Plan {
  const isInstant = times.stepMs === 0;
  return planned(query, isInstant ? times : rangeTimes(times), options, isInstant ? instantValue : rangeValue);
}

function rangeTimes({ startMs, endMs, stepMs }: QueryTimes): QueryTimes {
  const times = { startMs, endMs, stepMs };
  if (stepMs <= 0)
    throw new QueryError('zero or negative query resolution step widths are not accepted. Try a positive integer');
  if (endMs < startMs) throw new QueryError('end timestamp must not be before start time');
  if (stepCount(times) > stepsMax) {
    const advice = 'Try decreasing the query resolution (?step=XX)';
    throw new QueryLimitError(`exceeded maximum resolution of ${stepsMax} points per timeseries. ${advice}`);
  }
  return times;
}

type Finish = typeof instantValue;

async function run(
  request: Omit<QueryRequest, 'timeMs'>,
  times: QueryTimes,
  options: EngineOptions,
  finish: Finish,
): Promise<QueryResult> {
  const { query, signal } = request;
  const { lookbackMs = 300_000, samplesMax = 50_000_000 } = options;
  const plan = request.plan ?? planned(query, times, options, finish);
  const annotations = new Annotations();
  const { delayedNameRemoval, startTimestamps } = options.features ?? noFeatures;
  const { timeoutMs = 120_000, clock = systemClock } = options;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  const checkStop = () => {
    if (signal?.aborted) throw new QueryStoppedError('canceled');
    if (clock.monotonicMs() > deadlineMs) throw new QueryStoppedError('timeout');
  };
  const state: QueryState = {
    options: { lookbackMs, delayedNameRemoval, startTimestamps, samplesMax, checkStop },
    reads: await Reads.open(request.source, request.scope, plan),
    annotations,
    heldSamples: 0,
  };
  let value: QueryResult['value'];
  try {
    value = finish(new Evaluation(state, times), plan);
  } finally {
    state.reads.close();
  }
  return { value, warnings: annotations.texts('warning', query), infos: annotations.texts('info', query) };
}

function planned(query: string, times: QueryTimes, options: EngineOptions, finish: Finish): Plan {
  const { lookbackMs = 300_000, subqueryStepMs = 60_000, features = noFeatures } = options;
  const expr = parse(query, features);
  const type = typeOf(expr);
  if (finish === rangeValue && type !== 'vector' && type !== 'scalar') {
    const got = JSON.stringify(documentedType(type));
    throw new QueryError(`invalid expression type ${got} for range query, must be Scalar or instant Vector`);
  }
  return buildPlan(expr, times, { lookbackMs, subqueryStepMs });
}
