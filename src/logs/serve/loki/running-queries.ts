import type { Clock } from '../../../base/clock.ts';
import type { QueryRegister, RunningQuery } from '../../../http/http.ts';
import { type LogSource, QueryStoppedError } from '../../query/query.ts';
import type { Turns } from './turns.ts';

/** What is asked, and by whom. */
export interface AskedQuery {
  kind: 'instant' | 'range' | 'patterns' | 'fields' | 'tail';
  query: string;
  tenant: string;
  by: string;
  startMs: number;
  endMs: number;
}

/** A query of logs as the list shows it, with what it has read so far. */
export interface RunningLogQuery extends RunningQuery, AskedQuery {
  state: 'queued' | 'running';
  linesRead: number;
  bytesRead: number;
}

/** Queries that wait for their turn or run. Invariant: each is in the list exactly as long as it does. */
export class RunningQueries implements QueryRegister {
  readonly language = 'logql';
  readonly #turns: Turns;
  readonly #clock: Clock;
  readonly #entries = new Map<string, { shown: RunningLogQuery; stop: AbortController }>();
  #last = 0;

  constructor(turns: Turns, clock: Clock) {
    this.#turns = turns;
    this.#clock = clock;
  }

  /**
   * Runs it when its turn has come, with a signal that aborts when the client has gone or somebody ends the query. Throws Fault
   * `overloaded`, QueryStoppedError, and what `run` throws.
   */
  async run<T>(asked: AskedQuery, gone: AbortSignal, run: (signal: AbortSignal, shown: RunningLogQuery) => Promise<T>) {
    return this.#listed(asked, gone, (signal, shown) =>
      this.#turns.take(signal, async () => {
        shown.state = 'running';
        const result = await run(signal, shown);
        if (signal.aborted) throw new QueryStoppedError('canceled');
        return result;
      }),
    );
  }

  /** One that takes no turn, because it goes on until somebody ends it. */
  async follow(asked: AskedQuery, gone: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#listed(asked, gone, (signal, shown) => {
      shown.state = 'running';
      return run(signal);
    });
  }

  async #listed<T>(
    asked: AskedQuery,
    gone: AbortSignal,
    run: (signal: AbortSignal, shown: RunningLogQuery) => Promise<T>,
  ): Promise<T> {
    const id = String(++this.#last);
    const shown: RunningLogQuery = {
      ...asked,
      ...{ id, state: 'queued', linesRead: 0, bytesRead: 0, sinceMs: this.#clock.nowMs() },
    };
    const stop = new AbortController();
    this.#entries.set(id, { shown, stop });
    try {
      return await run(AbortSignal.any([gone, stop.signal]), shown);
    } finally {
      this.#entries.delete(id);
    }
  }

  queries(tenant: string): RunningLogQuery[] {
    return [...this.#entries.values()].map(({ shown }) => shown).filter((shown) => shown.tenant === tenant);
  }

  cancel(tenant: string, id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry?.shown.tenant !== tenant) return false;
    entry.stop.abort();
    return true;
  }
}

/** The same source; what is read of it is noted. */
export function noted(source: LogSource, shown: Pick<RunningLogQuery, 'linesRead' | 'bytesRead'>): LogSource {
  const { scan, skippedBlocks } = source;
  return {
    select: source.select.bind(source),
    ...(skippedBlocks && { skippedBlocks: skippedBlocks.bind(source) }),
    ...(scan && {
      async *scan(request, plan) {
        for await (const result of scan.call(source, request, plan)) {
          shown.linesRead += result.lines;
          shown.bytesRead += result.bytes;
          yield result;
        }
      },
    }),
  };
}
