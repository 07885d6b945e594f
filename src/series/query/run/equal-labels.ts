import type { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { Evaluation } from './evaluation.ts';
import { failDuplicate } from './query-error.ts';
import type { Row } from './row.ts';

/** Whether two rows have the same labels. */
export function hasEqualLabels(rows: readonly Row[]): boolean {
  return new Set(rows.map(({ labels }) => labels.key)).size < rows.length;
}

/** What series may lose with their metric's name, type and unit. Nothing where they share one name and have no more of these. */
class Difference {
  #first: string | undefined;
  mayBeLost = false;

  add(labels: Labels): void {
    const name = labels.get(metricName);
    this.#first ??= name;
    if (name !== this.#first || labels.has('__type__') || labels.has('__unit__')) this.mayBeLost = true;
  }
}

/** Whether series that differ could be equal without their metric's name; cheaper to see than what their labels are. */
export function mayLoseDifference(series: readonly { labels: Labels }[]): boolean {
  const difference = new Difference();
  for (const { labels } of series) {
    difference.add(labels);
    if (difference.mayBeLost) return true;
  }
  return false;
}

/** Tells whether series that come one by one became equal without their metric's name. */
export class LostNames {
  readonly #difference = new Difference();
  readonly #results: Labels[] = [];

  add(labels: Labels): void {
    this.#difference.add(labels);
  }

  addResult(labels: Labels): void {
    this.#results.push(labels);
  }

  /** Fails where two results are equal. */
  check(): void {
    if (!this.#difference.mayBeLost) return;
    if (new Set(this.#results.map(({ key }) => key)).size < this.#results.length) failDuplicate();
  }
}

/** The names of metrics go; series that are then equal are joined, or fail. */
export function dropNames(evaluation: Evaluation, rows: Row[], { onlyAcrossSteps = true } = {}): Row[] {
  const { delayedNameRemoval } = evaluation.state.options;
  const isSafe = delayedNameRemoval || !mayLoseDifference(rows);
  const unnamed = rows.map((row): Row => {
    return { ...row, dropName: true, labels: delayedNameRemoval ? row.labels : row.labels.withoutMetadata() };
  });
  return isSafe ? unnamed : joinEqual(evaluation, unnamed, { onlyAcrossSteps });
}

/**
 * Joins rows of equal labels whose steps do not overlap; fails where they do. `onlyAcrossSteps` is for operators that work
 * step by step: at a single step nothing can be joined, and with delayed name removal equal labels are looked at in the end.
 */
export function joinEqual(evaluation: Evaluation, rows: Row[], { onlyAcrossSteps = false } = {}): Row[] {
  if (rows.length < 2 || !hasEqualLabels(rows)) return rows;
  if (onlyAcrossSteps && evaluation.isSingle) {
    if (evaluation.state.options.delayedNameRemoval) return rows;
    return failDuplicate();
  }
  const joined = new Map<string, Row>();
  for (const row of rows) {
    const first = joined.get(row.labels.key);
    if (first === undefined) joined.set(row.labels.key, row);
    else join(first, row);
  }
  return [...joined.values()];
}

function join(into: Row, row: Row): void {
  const { present } = into;
  if (present === null || row.present === null) failDuplicate();
  for (let step = 0; step < present.length; step++) {
    if (row.present[step] === 0) continue;
    if (present[step] === 1) failDuplicate();
    present[step] = 1;
    into.values[step] = row.values[step]!;
  }
}
