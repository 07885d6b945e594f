import type { Clock } from '../../../base/clock.ts';

/** How long a query spent where, in seconds. */
export class Stages {
  readonly #clock: Clock;
  #lastMs: number;
  readonly secondsOf = { queued: 0, reading: 0, computing: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
  }

  /** Ends a stage; the next one begins. */
  pass(stage: keyof typeof this.secondsOf): void {
    const nowMs = this.#clock.monotonicMs();
    this.secondsOf[stage] = (nowMs - this.#lastMs) / 1000;
    this.#lastMs = nowMs;
  }
}

export interface StatFigures {
  queued: number;
  reading: number;
  /** Read from the store. */
  samples: number;
}

/** What `stats` adds to an answer, in Prometheus's shape. Samples are those read from the store: a sample that many steps look at counts once. */
export function queryStats({ queued, reading, samples }: StatFigures, computing: number): object {
  return {
    timings: {
      evalTotalTime: reading + computing,
      resultSortTime: 0,
      queryPreparationTime: reading,
      innerEvalTime: computing,
      execQueueTime: queued,
      execTotalTime: queued + reading + computing,
    },
    samples: { totalQueryableSamples: samples, peakSamples: samples },
  };
}
