import { type Clock, systemClock } from '../../../base/clock.ts';
import { buildLogPlan, buildMetricPlan } from '../plan/build-plan.ts';
import { type QueryTimes, stepCount } from '../plan/times.ts';
import type { LogSource, Scope, SelectRequest } from '../source.ts';
import type { Expr, LogExpr, LogRange, MetricExpr } from '../syntax/ast.ts';
import { parse } from '../syntax/parse.ts';
import { formatDurationNs } from '../text/durations.ts';
import { collectLines } from './log-query.ts';
import { collectSamples, metricValue } from './metric-query.ts';
import { QueryError, QueryLimitError, QueryStoppedError } from './query-error.ts';
import { readBlocks } from './reading.ts';
import type { QueryResult, QueryStatistics, QueryValue } from './result.ts';

/** The most steps that a range query can have, as in Loki and Prometheus. */
export const stepsMax = 11_000;

/** How an engine runs its queries. */
export interface EngineOptions {
  /** Series that an answer may have. Default 500, as in Loki. */
  seriesMax?: number;
  /** Lines that an answer may have. Default 5000, as in Loki. */
  entriesMax?: number;
  /** The longest time that one window may span. Default: no limit. */
  intervalNsMax?: number;
  /** How long a query may run. Default 1 minute. */
  timeoutMs?: number;
  clock?: Clock;
}

interface Request {
  query: string | Expr;
  source: LogSource;
  scope: Scope;
  /** Lines that a log query returns at most. Default 100. */
  limit?: number;
  direction?: 'forward' | 'backward';
  signal?: AbortSignal;
}

export interface InstantRequest extends Request {
  timeNs: bigint;
}

/** A log query reads from `startNs` to `endNs`, which it leaves out; a metric query has its last step at or before `endNs`. */
export interface RangeRequest extends Request, QueryTimes {}

/**
 * A metric query at one time. Throws ParseError, QueryError, QueryLimitError, PipelineError or QueryStoppedError, all of them Faults, and
 * what the source throws.
 */
export async function instantQuery(request: InstantRequest, options: EngineOptions = {}): Promise<QueryResult> {
  const times = { startNs: request.timeNs, endNs: request.timeNs, stepNs: 0 };
  return new QueryRun(request, options).run(times, true);
}

/** A log query, or a metric query at every step. Throws as instantQuery does. */
export async function rangeQuery(request: RangeRequest, options: EngineOptions = {}): Promise<QueryResult> {
  const { startNs, endNs, stepNs } = request;
  return new QueryRun(request, options).run({ startNs, endNs, stepNs }, false);
}

/** One query. Invariant: everything that takes long asks `#checkStop` on its way. */
class QueryRun {
  readonly #request: Request;
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #begunMs: number;
  /** What the caller gave, and with it the end of the time: whoever waits for a source sees it too. */
  readonly #signal: AbortSignal;
  readonly #late = new AbortController();
  readonly #statistics: QueryStatistics = {
    linesProcessed: 0,
    bytesProcessed: 0,
    linesMatched: 0,
    bytesRead: 0,
    blocksOpened: 0,
    blocksSkipped: 0,
    durationMs: 0,
  };

  constructor(request: Request, options: EngineOptions) {
    this.#request = request;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#begunMs = this.#clock.monotonicMs();
    this.#signal = AbortSignal.any([this.#late.signal, ...(request.signal ? [request.signal] : [])]);
  }

  async run(times: QueryTimes, isInstant: boolean): Promise<QueryResult> {
    const { query } = this.#request;
    const expr = typeof query === 'string' ? parse(query) : query;
    const value = await this.#inTime(() => this.#value(expr, times, isInstant));
    this.#statistics.durationMs = this.#clock.monotonicMs() - this.#begunMs;
    return { value, statistics: this.#statistics, warnings: [] };
  }

  #value(expr: Expr, times: QueryTimes, isInstant: boolean): Promise<QueryValue> {
    if (expr.kind === 'variants')
      throw new QueryError(
        'variants(…) of (…), an experiment that Loki has taken back, is read and not run: ask for each of its queries by itself',
      );
    if (expr.kind !== 'log') return this.#metric(expr, times, isInstant);
    if (isInstant) {
      throw new QueryError(
        'log queries are not supported as an instant query type, please change your query to a range query type',
      );
    }
    return this.#log(expr, times);
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 60_000;
  }

  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    this.#clock.sleep(this.#timeoutMs, over.signal).then(
      () => this.#late.abort(),
      () => {},
    );
    try {
      return await work();
    } catch (error) {
      // A source that was told to stop does not know why.
      if (this.#signal.aborted && isStop(error)) this.#checkStop();
      throw error;
    } finally {
      over.abort();
    }
  }

  #checkStop = (): void => {
    if (this.#request.signal?.aborted) throw new QueryStoppedError('canceled');
    const isLate = this.#late.signal.aborted || this.#clock.monotonicMs() - this.#begunMs > this.#timeoutMs;
    if (isLate) throw new QueryStoppedError('timeout');
  };

  #selection(matchers: SelectRequest['matchers'], sinceNs: bigint, untilNs: bigint): Omit<SelectRequest, 'hints'> {
    const { scope } = this.#request;
    return { scope, matchers, sinceNs, untilNs, direction: 'forward', signal: this.#signal };
  }

  async #log(expr: LogExpr, { startNs, endNs }: QueryTimes): Promise<QueryValue> {
    const { source, limit = 100, direction = 'backward' } = this.#request;
    const { entriesMax = 5000 } = this.#options;
    if (limit > entriesMax) {
      throw new QueryLimitError(
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${entriesMax})`,
      );
    }
    if (limit <= 0) throw new QueryError('limit must be a positive value');
    const plan = buildLogPlan(expr, { sinceNs: startNs, untilNs: endNs, direction, limit });
    const request: SelectRequest = {
      ...this.#selection(expr.matchers, startNs, endNs),
      direction,
      hints: { needles: plan.needles, needsText: true, linesWanted: limit },
    };
    const results = readBlocks(source, request, plan.plan, this.#statistics, this.#checkStop);
    return { type: 'streams', streams: await collectLines(results, plan.plan) };
  }

  async #metric(expr: MetricExpr, times: QueryTimes, isInstant: boolean): Promise<QueryValue> {
    checkTimes(times, isInstant);
    checkIntervals(expr, this.#options.intervalNsMax);
    if (!isInstant && hasApproximation(expr)) {
      throw new QueryError('approx_topk is only supported on instant queries; topk ranks at every step');
    }
    const plan = buildMetricPlan(expr, times);
    const cells = [];
    for (const read of plan.reads) {
      const request: SelectRequest = {
        ...this.#selection(read.matchers, read.plan.sinceNs, read.plan.untilNs),
        hints: { needles: read.needles, needsText: read.needsText },
      };
      const { source } = this.#request;
      cells.push(await collectSamples(readBlocks(source, request, read.plan, this.#statistics, this.#checkStop), read));
    }
    return metricValue(plan, cells, times, isInstant, this.#options.seriesMax ?? 500, this.#checkStop);
  }
}

function isStop(error: unknown): boolean {
  return error instanceof QueryStoppedError || (error instanceof Error && error.name === 'AbortError');
}

function checkTimes(times: QueryTimes, isInstant: boolean): void {
  if (isInstant) return;
  if (times.stepNs <= 0) {
    throw new QueryError('zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if (times.endNs < times.startNs) throw new QueryError('end timestamp must not be before or equal to start time');
  if (stepCount(times) > stepsMax) {
    throw new QueryLimitError(
      `exceeded maximum resolution of ${stepsMax.toLocaleString('en-US')} points per time series. Try increasing the value of the step parameter`,
    );
  }
}

function checkIntervals(expr: MetricExpr, intervalNsMax: number | undefined): void {
  for (const { intervalNs } of rangesOf(expr)) {
    if (intervalNs <= 0) throw new QueryError('the range of a range function must be greater than 0');
    if (intervalNsMax !== undefined && intervalNs > intervalNsMax) {
      const [given, allowed] = [formatDurationNs(intervalNs), formatDurationNs(intervalNsMax)];
      throw new QueryLimitError(`[interval] value exceeds limit: [${given}] > [${allowed}]`);
    }
  }
}

function hasApproximation(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'vector_aggregation':
      return expr.op === 'approx_topk' || hasApproximation(expr.expr);
    case 'label_replace':
      return hasApproximation(expr.expr);
    case 'binary':
      return hasApproximation(expr.lhs) || hasApproximation(expr.rhs);
  }
  return false;
}

function rangesOf(expr: MetricExpr): LogRange[] {
  switch (expr.kind) {
    case 'range_aggregation':
      return [expr.range];
    case 'vector_aggregation':
    case 'label_replace':
      return rangesOf(expr.expr);
    case 'binary':
      return [...rangesOf(expr.lhs), ...rangesOf(expr.rhs)];
  }
  return [];
}
