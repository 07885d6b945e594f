import { ExtremeColumn } from './extreme-column.ts';
import type { RangeFunction, Window } from './window.ts';

/** The largest and smallest sample, and when it was; NaN gives way to any number. Of equal ones, the time is that of the last. */
export const extremeFunctions: Record<string, RangeFunction> = {
  max_over_time: { column: () => new ExtremeColumn('max') },
  min_over_time: { column: () => new ExtremeColumn('min') },
  ts_of_max_over_time: { evaluate: (window) => time(window, (next, best) => next >= best) },
  ts_of_min_over_time: { evaluate: (window) => time(window, (next, best) => next <= best) },
};

type IsBetter = (next: number, best: number) => boolean;

function time(window: Window, isBetter: IsBetter): boolean {
  window.result = window.times[extreme(window, isBetter)]! / 1000;
  return true;
}

function extreme({ values, from, to }: Window, isBetter: IsBetter): number {
  let best = from;
  for (let at = from; at < to; at++) {
    const current = values[best]!;
    if (Number.isNaN(current) || isBetter(values[at]!, current)) best = at;
  }
  return best;
}
