import { Labels } from '../labels/labels.ts';
import type { AggregationNode } from '../plan/plan.ts';
import { newSeries, type StepSeries } from '../run/vector.ts';
import { rankedSeries } from './ranked.ts';

/** `sum by (…)` and its like, at every step. */
export function aggregate(node: AggregationNode, input: readonly StepSeries[], steps: number): StepSeries[] {
  const groups = groupsOf(node, input);
  switch (node.op) {
    case 'topk':
    case 'bottomk':
    case 'sort':
    case 'sort_desc':
    case 'approx_topk':
      return groups.flatMap(({ members }) => rankedSeries(node, members, steps));
  }
  const reduce = reductions[node.op];
  return groups.map(({ labels, members }) => {
    const result = newSeries(labels, steps);
    const values: number[] = [];
    for (let step = 0; step < steps; step++) {
      values.length = 0;
      for (const { has, values: own } of members) if (has[step] === 1) values.push(own[step]!);
      if (values.length === 0) continue;
      result.has[step] = 1;
      result.values[step] = reduce(values);
    }
    return result;
  });
}

interface Group {
  labels: Labels;
  members: StepSeries[];
}

function groupsOf({ grouping }: AggregationNode, input: readonly StepSeries[]): Group[] {
  const names = new Set(grouping.labels);
  const groups = new Map<string, Group>();
  for (const series of input) {
    const labels = grouping.without
      ? series.labels.drop(names)
      : names.size === 0
        ? Labels.empty
        : series.labels.keep(names);
    const group = groups.get(labels.key);
    if (group) group.members.push(series);
    else groups.set(labels.key, { labels, members: [series] });
  }
  return [...groups.values()];
}

type Reduction = (values: readonly number[]) => number;

const reductions: Record<'sum' | 'avg' | 'count' | 'min' | 'max' | 'stddev' | 'stdvar', Reduction> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  avg: mean,
  count: (values) => values.length,
  min: (values) => values.reduce((best, value) => (best > value || Number.isNaN(best) ? value : best)),
  max: (values) => values.reduce((best, value) => (best < value || Number.isNaN(best) ? value : best)),
  stddev: (values) => Math.sqrt(variance(values)),
  stdvar: variance,
};

function mean(values: readonly number[]): number {
  let result = values[0]!;
  for (let at = 1; at < values.length; at++) {
    const value = values[at]!;
    // A finite value, or the same infinity, cannot change an infinite mean.
    if (Math.abs(result) === Number.POSITIVE_INFINITY && (value === result || Number.isFinite(value))) continue;
    result += (value - result) / (at + 1);
  }
  return result;
}

function variance(values: readonly number[]): number {
  // The first has no distance from itself, even where it is no number.
  let average = values[0]!;
  let squares = 0;
  for (let at = 1; at < values.length; at++) {
    const delta = values[at]! - average;
    average += delta / (at + 1);
    squares += delta * (values[at]! - average);
  }
  return squares / values.length;
}
