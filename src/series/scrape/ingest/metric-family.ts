import type { LabelPair, MetricType } from '../../../exposition/exposition.ts';

const createdSuffix = '_created';

/** The start timestamp of a metric stands in a series of its own, which OpenMetrics writes behind the metric's others. */
export interface Created {
  /** Equal for all series of one metric: without the name's suffix and the bound. */
  group: string;
  isCreated: boolean;
}

/** Undefined where the type has no start timestamp. */
export function createdGroup(pairs: readonly LabelPair[], type: MetricType): Created | undefined {
  if (type !== 'counter' && type !== 'histogram' && type !== 'summary') return undefined;
  const name = pairs[0]!.value;
  const bound = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : '';
  const own = pairs.slice(1).filter((pair) => pair.name !== bound);
  const base = name.replace(type === 'counter' ? /_(total|created)$/ : /_(bucket|count|sum|created)$/, '');
  return { group: JSON.stringify([base, own]), isCreated: name.endsWith(createdSuffix) };
}
