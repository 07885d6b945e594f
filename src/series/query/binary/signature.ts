import type { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { Row } from '../run/row.ts';
import type { Matching } from '../syntax/ast.ts';

/** Numbers rows so that two have the same number exactly if they match, across all rows that it is given. */
export class Signatures {
  readonly #numbers = new Map<string, number>();
  readonly #matching: Matching;
  readonly #names: ReadonlySet<string>;

  constructor(matching: Matching) {
    this.#matching = matching;
    this.#names = new Set(matching.on ? matching.labels : [metricName, ...matching.labels]);
  }

  get count(): number {
    return this.#numbers.size;
  }

  of(rows: readonly Row[]): Int32Array {
    return Int32Array.from(rows, ({ labels }) => {
      const key = (this.#matching.on ? labels.keep(this.#names) : labels.drop(this.#names)).key;
      let number = this.#numbers.get(key);
      if (number === undefined) this.#numbers.set(key, (number = this.#numbers.size));
      return number;
    });
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
