import { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { AggregationNode } from '../plan/plan.ts';
import type { Row } from '../run/row.ts';

/** Rows that are aggregated into one. */
export interface Group {
  labels: Labels;
  rows: Row[];
}

/** By the labels that `by` or `without` leaves; groups in the order of their first row. */
export function groupRows(node: AggregationNode, rows: readonly Row[]): Group[] {
  const groups = new Map<string, Group>();
  const labelsOf = grouping(node);
  for (const row of rows) {
    const labels = labelsOf(row.labels);
    const group = groups.get(labels.key);
    if (group === undefined) groups.set(labels.key, { labels, rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()];
}

export function grouping(
  { grouping: names, without }: AggregationNode,
  added: readonly string[] = [],
): (labels: Labels) => Labels {
  if (without) {
    const dropped = new Set([...names, metricName]);
    return (labels) => labels.drop(dropped);
  }
  const kept = new Set([...names, ...added]);
  return kept.size === 0 ? () => Labels.empty : (labels) => labels.keep(kept);
}
