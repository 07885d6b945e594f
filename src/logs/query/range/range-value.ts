import type { RangeNode } from '../plan/plan.ts';
import { quantile } from './quantile.ts';
import { extrapolatedRate } from './rate-counter.ts';
import type { WindowState } from './windows.ts';

/** The value of a range function over one window. */
export type RangeValue = (state: WindowState, windowEnd: number) => number;

export function rangeValue({ op, param }: RangeNode, rangeNs: number): RangeValue {
  const seconds = rangeNs / 1e9;
  switch (op) {
    case 'rate':
    case 'bytes_rate':
      return ({ a }) => a / seconds;
    case 'stdvar_over_time':
      return ({ b, c }) => b / c;
    case 'stddev_over_time':
      return ({ b, c }) => Math.sqrt(b / c);
    case 'quantile_over_time':
      return ({ values }) => quantile(param!, values);
    case 'rate_counter':
      return ({ values, times }, windowEnd) => extrapolatedRate(values, times, windowEnd, rangeNs);
    case 'absent_over_time':
      return () => 1;
    case 'count_over_time':
    case 'bytes_over_time':
    case 'sum_over_time':
    case 'avg_over_time':
    case 'min_over_time':
    case 'max_over_time':
    case 'first_over_time':
    case 'last_over_time':
      return ({ a }) => a;
  }
}
