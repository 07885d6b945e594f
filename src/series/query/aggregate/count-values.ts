import { formatPlain } from '../../../base/go-float.ts';
import { isValidText, quote } from '../../../base/go-quote.ts';
import type { AggregationNode } from '../plan/plan.ts';
import { joinEqual } from '../run/equal-labels.ts';
import { stringOf } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { QueryError } from '../run/query-error.ts';
import { emptyRow, isPresent, type Row, settled } from '../run/row.ts';
import { Grouping } from './group.ts';

/** The label that is to hold the value. Throws QueryError where it cannot be one. */
export function valueLabel(node: AggregationNode): string {
  const label = stringOf(node.param!);
  if (label === '' || !isValidText(label)) throw new QueryError(`invalid label name ${quote(label)}`);
  return label;
}

/** How many rows have each value; the value becomes a label. */
export function countValues(evaluation: Evaluation, node: AggregationNode, label: string, rows: Row[]): Row[] {
  const grouping = new Grouping(node, [label]);
  const results = new Map<string, Row>();
  for (const row of rows) {
    const byValue = new Map<string, Row>();
    for (let step = 0; step < evaluation.count; step++) {
      if (!isPresent(row, step)) continue;
      const text = formatPlain(row.values[step]!);
      let result = byValue.get(text);
      if (result === undefined) {
        const labels = grouping.labelsOf(row.labels.with(label, text));
        result = results.get(labels.key) ?? emptyRow(labels, evaluation.count);
        results.set(labels.key, result);
        byValue.set(text, result);
      }
      result.values[step] = result.present![step] === 1 ? result.values[step]! + 1 : 1;
      result.present![step] = 1;
    }
  }
  return joinEqual(
    evaluation,
    [...results.values()].map((row) => settled(row)!),
    { onlyAcrossSteps: true },
  );
}
