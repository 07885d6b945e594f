import { compareLabels } from '../labels/labels.ts';
import type { AggregationNode } from '../plan/plan.ts';
import type { StepSeries } from '../run/vector.ts';

/** topk, bottomk, sort and sort_desc: series of one group keep their labels; at each step the first ones stay. */
export function rankedSeries(
  { op, param }: AggregationNode,
  members: readonly StepSeries[],
  steps: number,
): StepSeries[] {
  const isDescending = op === 'topk' || op === 'sort_desc' || op === 'approx_topk';
  const limit = op.startsWith('sort') ? members.length : param;
  const kept = new Map<StepSeries, StepSeries>();
  for (let step = 0; step < steps; step++) {
    const present = members.filter(({ has }) => has[step] === 1);
    present.sort((a, b) => order(a.values[step]!, b.values[step]!, isDescending) || compareLabels(a.labels, b.labels));
    for (const series of present.slice(0, limit)) {
      let result = kept.get(series);
      if (result === undefined) {
        result = { labels: series.labels, values: series.values, has: new Uint8Array(steps) };
        kept.set(series, result);
      }
      result.has[step] = 1;
    }
  }
  return [...kept.values()];
}

/** NaN comes last either way. */
function order(a: number, b: number, isDescending: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a < b === isDescending ? 1 : -1;
}
