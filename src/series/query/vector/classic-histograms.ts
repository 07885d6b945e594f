import { quote } from '../../../base/go-quote.ts';
import type { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { PlanNode } from '../plan/plan.ts';
import { evaluateVector, releaseRows } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { isPresent, type Row } from '../run/row.ts';
import type { Bucket } from './buckets.ts';

const bucketLabel = 'le';
const withoutBucket: ReadonlySet<string> = new Set([bucketLabel]);

/** The buckets of one histogram over all steps. */
export class Histogram {
  /** Without `le`. */
  readonly labels: Labels;
  readonly #bounds: number[] = [];
  readonly #rows: Row[] = [];

  constructor(labels: Labels) {
    this.labels = labels;
  }

  add(upperBound: number, row: Row): void {
    this.#bounds.push(upperBound);
    this.#rows.push(row);
  }

  isPresent(step: number): boolean {
    return this.#rows.some((row) => isPresent(row, step));
  }

  /** New ones at each call, in no order. */
  bucketsAt(step: number): Bucket[] {
    const buckets: Bucket[] = [];
    this.#rows.forEach((row, at) => {
      if (isPresent(row, step)) buckets.push({ upperBound: this.#bounds[at]!, count: row.values[step]! });
    });
    return buckets;
  }
}

/** Series that differ only in `le` are one histogram. */
export function histogramsOf(evaluation: Evaluation, argument: PlanNode): Histogram[] {
  const histograms = new Map<string, Histogram>();
  const rows = evaluateVector(evaluation, argument);
  releaseRows(evaluation, rows);
  for (const row of rows) {
    const bound = parseBound(row.labels.get(bucketLabel));
    if (bound === undefined) {
      warnOfBound(evaluation, row.labels, argument);
      continue;
    }
    const labels = row.labels.drop(withoutBucket);
    let histogram = histograms.get(labels.key);
    if (histogram === undefined) histograms.set(labels.key, (histogram = new Histogram(labels)));
    histogram.add(bound, row);
  }
  return [...histograms.values()];
}

/** As Go reads a number. */
function parseBound(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return special[1] === '' ? Number.NaN : undefined;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function warnOfBound(evaluation: Evaluation, labels: Labels, argument: PlanNode): void {
  const { annotations, options } = evaluation.state;
  const name = options.delayedNameRemoval ? labels.get(metricName) : '';
  const forName = name === '' ? '' : ` for metric name ${quote(name)}`;
  const value = quote(labels.get(bucketLabel));
  annotations.warn(`bucket label "le" is missing or has a malformed value of ${value}${forName}`, argument.position);
}
