import { quantile } from '../numbers/quantile.ts';
import type { AggregationNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { warnOfQuantile } from '../run/quantile-warning.ts';
import { emptyRow, isPresent, type Row, settled } from '../run/row.ts';
import { groupRows } from './group.ts';

export function aggregateQuantile(evaluation: Evaluation, node: AggregationNode, rows: Row[], q: Float64Array): Row[] {
  for (const value of worst(q)) warnOfQuantile(evaluation.state.annotations, value, node.param!.position);
  return groupRows(node, rows).flatMap(({ labels, rows: members }) => {
    const row = emptyRow(
      labels,
      evaluation.count,
      members.some(({ dropName }) => dropName),
    );
    const scratch = new Float64Array(members.length);
    for (let step = 0; step < evaluation.count; step++) {
      let found = 0;
      for (const member of members) if (isPresent(member, step)) scratch[found++] = member.values[step]!;
      if (found === 0) continue;
      row.values[step] = quantile(q[step]!, scratch, found);
      row.present![step] = 1;
    }
    return settled(row) ?? [];
  });
}

/** Of a parameter that changes from step to step, the value that is furthest out on either side. */
function worst(q: Float64Array): number[] {
  if (q.some((value) => Number.isNaN(value))) return [Number.NaN];
  const [min, max] = [q.reduce((a, b) => Math.min(a, b)), q.reduce((a, b) => Math.max(a, b))];
  return [...(max > 1 ? [max] : []), ...(min < 0 ? [min] : [])];
}
