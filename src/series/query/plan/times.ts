/** The steps of a query: `startMs`, `startMs + stepMs`, … up to `endMs`. An instant query has one, and the step 0. */
export interface QueryTimes {
  startMs: number;
  endMs: number;
  stepMs: number;
}

export function stepCount({ startMs, endMs, stepMs }: QueryTimes): number {
  if (endMs < startMs) return 0;
  return stepMs <= 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1;
}
