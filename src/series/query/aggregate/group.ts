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
  const keyOf = node.without ? (labels: Labels) => labelsOf(labels).key : keyBy([...new Set(node.grouping)]);
  for (const row of rows) {
    const key = keyOf(row.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: labelsOf(row.labels), rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()];
}

/** Lone surrogates occur in no label. */
const separator = '\ud801';

/** Equal exactly for those whose labels of these names are equal: no labels are made but for the first of a group. */
function keyBy(names: readonly string[]): (labels: Labels) => string {
  return (labels) => {
    let key = '';
    for (let at = 0; at < names.length; at++)
      key = at === 0 ? labels.get(names[0]!) : key + separator + labels.get(names[at]!);
    return key;
  };
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
