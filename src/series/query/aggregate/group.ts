import { LabelGroups } from '../labels/label-groups.ts';
import { LabelSubset, type Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { AggregationNode } from '../plan/plan.ts';
import type { Row } from '../run/row.ts';

/** Rows that are aggregated into one. */
export interface Group {
  labels: Labels;
  rows: Row[];
}

/** Which rows belong together: those that are equal in the labels that `by` or `without` leaves. */
export class Grouping {
  readonly #subset: LabelSubset;
  readonly #groups: LabelGroups;

  constructor({ grouping: names, without }: AggregationNode, added: readonly string[] = []) {
    const listed = new Set(without ? [...names, metricName] : [...names, ...added]);
    this.#subset = new LabelSubset((name) => listed.has(name) !== without);
    this.#groups = new LabelGroups(listed, without ? 'drop' : 'keep');
  }

  /** From 0 on, in the order in which they came. */
  numberOf(labels: Labels): number {
    return this.#groups.numberOf(labels);
  }

  labelsOf(labels: Labels): Labels {
    return this.#subset.of(labels);
  }
}

/** Groups in the order of their first row. */
export function groupRows(node: AggregationNode, rows: readonly Row[]): Group[] {
  const grouping = new Grouping(node);
  const groups: Group[] = [];
  for (const row of rows) {
    const number = grouping.numberOf(row.labels);
    const group = groups[number];
    if (group === undefined) groups.push({ labels: grouping.labelsOf(row.labels), rows: [row] });
    else group.rows.push(row);
  }
  return groups;
}
