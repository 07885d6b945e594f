import { formatGeneral } from '../../../base/go-float.ts';
import { CompensatedSum } from '../numbers/compensated-sum.ts';
import type { RangeFunction, Window } from './window.ts';

/** How the value between two samples is taken: the earlier one's, the later one's, or the mean of both. */
const LEFT = 0;
const RIGHT = 1;
const MEAN = 2;

/** The area under the samples of a range, in units times seconds. A NaN counts as zero. */
export const integralFunctions: Record<string, RangeFunction> = { integral: { evaluate: integrate } };

const area = new CompensatedSum();
const height = new CompensatedSum();

function integrate(window: Window): boolean {
  const { times, values, from, to } = window;
  const strategy = strategyOf(window);
  area.reset();
  for (let at = from + 1; at < to; at++) {
    setHeight(strategy, values[at - 1]! || 0, values[at]! || 0);
    if (height.sum === 0 && height.rest === 0) continue;
    const seconds = (times[at]! - times[at - 1]!) / 1000;
    area.rest += height.rest * seconds;
    area.add(height.sum * seconds);
  }
  window.result = Number.isFinite(area.sum) || Number.isNaN(area.sum) ? area.sum + area.rest : area.sum;
  return true;
}

function setHeight(strategy: number, before: number, value: number): void {
  if (strategy !== MEAN) {
    height.reset(strategy === LEFT ? before : value);
    return;
  }
  height.reset(before);
  height.add(value);
  const overflows = !Number.isFinite(height.sum) && Number.isFinite(before) && Number.isFinite(value);
  if (overflows) {
    height.reset(before / 2);
    height.add(value / 2);
  } else {
    height.sum /= 2;
    height.rest /= 2;
  }
}

function strategyOf({ args, annotations, position }: Window): number {
  const strategy = args.length === 0 ? MEAN : args[0]!;
  if (strategy === LEFT || strategy === RIGHT || strategy === MEAN) return strategy;
  annotations.warn(`strategy should be 0, 1, or 2 (default), using 2, got ${formatGeneral(strategy)}`, position);
  return MEAN;
}
