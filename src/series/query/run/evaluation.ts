import type { QueryTimes } from '../plan/times.ts';
import { stepCount } from '../plan/times.ts';
import type { Annotations } from './annotations.ts';
import { QueryLimitError } from './query-error.ts';
import type { Reads } from './reads.ts';

export interface RunOptions {
  lookbackMs: number;
  /** Keep metric names until the end of the query, so that they can still be used (Prometheus has it behind a flag). */
  delayedNameRemoval: boolean;
  /** rate() and its like know from start timestamps that a counter began anew (likewise). */
  startTimestamps: boolean;
  /** How many samples a query may hold at once. */
  samplesMax: number;
  /** Throws when the query should stop. */
  checkStop(): void;
}

/** What all parts of one running query share. */
export interface QueryState {
  options: RunOptions;
  reads: Reads;
  annotations: Annotations;
  /** Samples that are held right now. */
  heldSamples: number;
}

/** The steps at which a part of the plan is evaluated: the query's own, or those of a subquery. */
export class Evaluation {
  readonly state: QueryState;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly count: number;
  /** One step, as in an instant query: the order of results is kept, and equal labels are found at the end. */
  readonly isSingle: boolean;
  #timesMs: Float64Array | undefined;

  constructor(state: QueryState, times: QueryTimes) {
    this.state = state;
    this.startMs = times.startMs;
    this.endMs = times.endMs;
    this.stepMs = times.stepMs <= 0 ? 1 : times.stepMs;
    this.count = stepCount({ ...times, stepMs: this.stepMs });
    this.isSingle = times.startMs === times.endMs;
  }

  timeMs(step: number): number {
    return this.startMs + step * this.stepMs;
  }

  /** All of them; not to be changed. */
  timesMs(): Float64Array {
    this.#timesMs ??= Float64Array.from({ length: this.count }, (_, step) => this.timeMs(step));
    return this.#timesMs;
  }

  /** The same place in time, once. */
  first(): Evaluation {
    return new Evaluation(this.state, { startMs: this.startMs, endMs: this.startMs, stepMs: this.stepMs });
  }

  /** Counts samples that come to be held; throws QueryLimitError when they are too many. */
  hold(samples: number): void {
    this.state.heldSamples += samples;
    if (this.state.heldSamples > this.state.options.samplesMax) {
      throw new QueryLimitError('query processing would load too many samples into memory in query execution');
    }
  }

  release(samples: number): void {
    this.state.heldSamples -= samples;
  }
}
