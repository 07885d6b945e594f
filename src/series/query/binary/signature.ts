import { LabelGroups } from '../labels/label-groups.ts';
import type { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { Row } from '../run/row.ts';
import type { Matching } from '../syntax/ast.ts';

/** Numbers rows so that two have the same number exactly if they match, across all rows that it is given. */
export class Signatures {
  readonly #groups: LabelGroups;
  readonly #matching: Matching;

  constructor(matching: Matching) {
    this.#matching = matching;
    const names = matching.on ? matching.labels : [metricName, ...matching.labels];
    this.#groups = new LabelGroups(names, matching.on ? 'keep' : 'drop');
  }

  get count(): number {
    return this.#groups.count;
  }

  of(rows: readonly Row[]): Int32Array {
    const numbers = new Int32Array(rows.length);
    for (let at = 0; at < numbers.length; at++) numbers[at] = this.#groups.numberOf(rows[at]!.labels);
    return numbers;
  }

  /** The labels that rows match by, as messages and filled-in rows show them. */
  labels(labels: Labels): Labels {
    return matchLabels(labels, this.#matching);
  }
}

/** With `ignoring`, the metric's name goes as well. */
function matchLabels(labels: Labels, { on, labels: names }: Matching): Labels {
  return on ? labels.keep(new Set(names)) : labels.drop(new Set([metricName, ...names]));
}
