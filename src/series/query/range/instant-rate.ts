import { isStartReset } from './start-timestamps.ts';
import type { RangeFunction, Window } from './window.ts';

/** The change between the last two samples. */
export const instantRateFunctions: Record<string, RangeFunction> = {
  irate: { evaluate: (window) => lastChange(window, true), usesStarts: true },
  idelta: { evaluate: (window) => lastChange(window, false) },
};

function lastChange(window: Window, isRate: boolean): boolean {
  const { times, values, starts, from, to } = window;
  const last = to - 1;
  if (last === from) return false;
  const elapsedMs = times[last]! - times[last - 1]!;
  const began = values[last]! < values[last - 1]! || (starts !== null && isStartReset(starts, times, last));
  const change = isRate && began ? values[last]! : values[last]! - values[last - 1]!;
  window.result = isRate ? change / (elapsedMs / 1000) : change;
  return true;
}
