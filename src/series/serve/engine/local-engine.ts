import type { Clock } from '../../../base/clock.ts';
import { Fault } from '../../../base/fault.ts';
import type { Logger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import {
  type EngineOptions,
  instantQuery,
  type Plan,
  planQuery,
  type QueryResult,
  QueryStoppedError,
  rangeQuery,
  type SeriesEngine,
  type SeriesQuery,
  type SeriesSelection,
  seriesMax,
} from '../../query/query.ts';
import type { EncodedSelection, SeriesStore } from '../../store/store.ts';
import { queryJson } from '../answer/query-json.ts';
import { Deadline } from './deadline.ts';
import { unpackResult } from './packed-result.ts';
import type { Task } from './protocol.ts';
import { RunningQueries, type RunningQuery } from './running-queries.ts';
import { asQueryError, SelectionSource } from './selection-source.ts';
import type { QuerySettings } from './settings.ts';
import { queryStats, Stages, type StatFigures } from './stages.ts';
import { ThreadPool } from './thread-pool.ts';
import { Turns } from './turns.ts';

export type ReadableStore = Pick<SeriesStore, 'gather' | 'matching' | 'labelNames' | 'labelValues' | 'metadata'>;

export interface LocalEngineParts {
  store: ReadableStore;
  settings: QuerySettings;
  clock: Clock;
  log: Logger;
  metrics: MetricsRegistry;
}

type Entry = ReturnType<RunningQueries['begin']>;
/** By the plan's reads. */
type Reads = EncodedSelection[];
type Answered = { result: QueryResult; stats?: object | undefined } | { pieces: AsyncIterableIterator<Uint8Array> };

/**
 * Our own engine over our own store. Series are gathered here, as the store has them, and decoded and computed in a thread, or here where that is quicker.
 * Invariant: a query that has begun holds one of `runningMax` turns until its last piece is taken or nobody wants it.
 */
export class LocalEngine implements SeriesEngine {
  readonly #parts: LocalEngineParts;
  readonly #turns: Turns;
  readonly #threads: ThreadPool;
  readonly #running = new RunningQueries();
  readonly #outcomes;

  constructor(parts: LocalEngineParts) {
    const { settings, clock, metrics } = parts;
    this.#parts = parts;
    this.#turns = new Turns(settings.runningMax, settings.queuedMax);
    this.#threads = new ThreadPool(clock, settings);
    this.#outcomes = metrics.counter('taffrail_series_queries_total', 'PromQL queries, by how they ended.');
    metrics.observe(
      'taffrail_series_queries_queued',
      'PromQL queries that wait for their turn.',
      () => this.#turns.queued,
    );
    metrics.observe('taffrail_series_query_threads', 'Threads that compute PromQL queries.', () => this.#threads.size);
  }

  async run(query: SeriesQuery): Promise<QueryResult> {
    const answered = await this.#answer(query, 'value');
    if ('pieces' in answered) throw new Error('a value was asked for, and pieces came');
    return answered.result;
  }

  async runToJson(query: SeriesQuery): Promise<AsyncIterable<Uint8Array>> {
    const answered = await this.#answer(query, 'json');
    if ('pieces' in answered) return answered.pieces;
    return asyncOf(queryJson(answered.result, query.seriesMax, answered.stats));
  }

  async matching({ scope, matchers, minMs, maxMs, limit }: SeriesSelection) {
    return this.#parts.store.matching(scope, matchers, minMs, maxMs, limit);
  }

  async labelNames({ scope, matchers, minMs, maxMs, limit }: SeriesSelection) {
    return this.#parts.store.labelNames(scope, matchers, minMs, maxMs, limit);
  }

  async labelValues(label: string, { scope, matchers, minMs, maxMs, limit }: SeriesSelection) {
    return this.#parts.store.labelValues(scope, label, matchers, minMs, maxMs, limit);
  }

  async metadata(...args: Parameters<SeriesStore['metadata']>) {
    return new Map([...this.#parts.store.metadata(...args)].map(([metric, metadata]) => [metric, [metadata]]));
  }

  queries(tenant: string): RunningQuery[] {
    return this.#running.list(tenant);
  }

  cancel(tenant: string, id: string): boolean {
    return this.#running.cancel(tenant, id);
  }

  async close(): Promise<void> {
    this.#running.cancelAll();
    await this.#threads.close();
  }

  async #answer(query: SeriesQuery, form: Task['form']): Promise<Answered> {
    const { scope, by = '', startMs, endMs, stepMs } = query;
    const { clock, settings } = this.#parts;
    const timeoutMs = Math.min(query.timeoutMs ?? settings.timeoutMs, settings.timeoutMs);
    const options = {
      features: settings.features,
      lookbackMs: query.lookbackMs ?? settings.lookbackMs,
      samplesMax: settings.samplesMax,
      timeoutMs,
    };
    // A query with a mistake in it waits for nothing.
    const plan = planQuery(query.query, { startMs, endMs, stepMs }, options);
    const sinceMs = clock.nowMs();
    const entry = this.#running.begin({
      query: query.query,
      tenant: scope.tenant,
      by,
      startMs,
      endMs,
      stepMs,
      sinceMs,
    });
    const deadline = new Deadline(clock, timeoutMs, [entry.stop.signal, ...(query.signal ? [query.signal] : [])]);
    let over = () => {};
    const end = (outcome: string) => {
      over();
      deadline.clear();
      this.#running.end(entry);
      this.#outcomes.add(1, { outcome });
    };
    try {
      const stages = new Stages(clock);
      over = await this.#turns.take(deadline.signal);
      stages.pass('queued');
      entry.state = 'reading';
      const reads = await this.#read(query, plan, entry, deadline.signal);
      stages.pass('reading');
      entry.state = 'computing';
      const figures = query.stats ? { ...stages.secondsOf, samples: entry.samplesRead } : undefined;
      const left = { ...options, timeoutMs: deadline.leftMs() };
      if (this.#isSmall(plan, entry)) {
        const source = new SelectionSource(reads, settings.samplesMax);
        const result = await computeHere(query, plan, source, left, deadline.signal);
        stages.pass('computing');
        end('done');
        const stats = figures && queryStats({ ...figures, samples: source.samples }, stages.secondsOf.computing);
        return { result, stats };
      }
      return await this.#inThread(query, reads, left, form, entry, figures, deadline, end);
    } catch (error) {
      const shown = deadline.reasonFor(error);
      end(shown instanceof QueryStoppedError ? shown.reason : shown instanceof Fault ? shown.code : 'internal');
      throw shown;
    }
  }

  async #read({ scope }: SeriesQuery, { reads: wanted }: Plan, entry: Entry, signal: AbortSignal): Promise<Reads> {
    const reads: Reads = [];
    for (const { matchers, minMs, maxMs } of wanted) {
      const limits = { seriesMax, samplesMax: this.#parts.settings.samplesMax, signal };
      const selection = await unlessStopped(this.#parts.store.gather(scope, matchers, minMs, maxMs, limits), signal);
      entry.seriesRead += selection.series;
      entry.samplesRead += selection.samples;
      reads.push(selection);
    }
    return reads;
  }

  #isSmall({ steps }: Plan, { samplesRead, seriesRead }: Entry): boolean {
    return samplesRead + steps * Math.max(seriesRead, 1) <= this.#parts.settings.inlineSamplesMax;
  }

  async #inThread(
    query: SeriesQuery,
    reads: Reads,
    options: Task['options'],
    form: Task['form'],
    entry: Entry,
    stats: StatFigures | undefined,
    { signal }: Deadline,
    end: (outcome: string) => void,
  ): Promise<Answered> {
    const { startMs, endMs, stepMs } = query;
    const thread = this.#threads.take();
    const task: Task = {
      kind: 'run',
      query: query.query,
      startMs,
      endMs,
      stepMs,
      options,
      // Taken out of the list: what has changed hands is not to be kept until the query has been computed.
      reads: reads.splice(0),
      form,
      seriesMax: query.seriesMax,
      stats,
    };
    let failed = true;
    const outcome = await thread.run(task, signal, () => {
      this.#threads.giveBack(thread);
      if (!failed) end('done');
    });
    failed = false;
    if ('value' in outcome) {
      end('done');
      return { result: unpackResult(outcome.value) };
    }
    entry.state = 'sending';
    return outcome;
  }
}

/** A read that cannot be ended is at least not waited for. */
async function unlessStopped<T>(read: T | Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw new QueryStoppedError('canceled');
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new QueryStoppedError('canceled'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([read, stopped]);
  } catch (error) {
    throw signal.aborted ? new QueryStoppedError('canceled') : asQueryError(error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function computeHere(
  { query, scope, startMs, endMs, stepMs }: SeriesQuery,
  plan: Plan,
  source: SelectionSource,
  options: EngineOptions,
  signal: AbortSignal,
): Promise<QueryResult> {
  if (stepMs === 0) return instantQuery({ query, plan, source, scope, timeMs: startMs, signal }, options);
  return rangeQuery({ query, plan, source, scope, startMs, endMs, stepMs, signal }, options);
}

async function* asyncOf(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
