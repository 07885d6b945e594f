import { larger, smaller } from '../numbers/extremum.ts';
import type { CallNode } from '../plan/plan.ts';
import { dropNames } from '../run/equal-labels.ts';
import { evaluateScalar, evaluateVector } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { heldBy, isPresent, type Row, settled } from '../run/row.ts';
import { mapRows } from './map-rows.ts';

/** round() and the clamps: functions of each number and of scalars. */
export const roundingFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = {
  round,
  clamp: (evaluation, call) => clamp(evaluation, call, call.args[1], call.args[2]),
  clamp_min: (evaluation, call) => clamp(evaluation, call, call.args[1], undefined),
  clamp_max: (evaluation, call) => clamp(evaluation, call, undefined, call.args[1]),
};

/** To the nearest multiple, ties upwards. */
function round(evaluation: Evaluation, call: CallNode): Row[] {
  const nearest = call.args[1] === undefined ? undefined : evaluateScalar(evaluation, call.args[1]);
  return mapRows(evaluation, call.args[0]!, (values) => {
    for (let step = 0; step < values.length; step++) {
      // The inverse loses fewer digits.
      const inverse = nearest === undefined ? 1 : 1 / nearest[step]!;
      values[step] = Math.floor(values[step]! * inverse + 0.5) / inverse;
    }
  });
}

type Bound = CallNode['args'][number] | undefined;

/** Steps at which the upper bound is below the lower one have no values. */
function clamp(evaluation: Evaluation, call: CallNode, min: Bound, max: Bound): Row[] {
  const lower = min === undefined ? filled(evaluation, Number.NEGATIVE_INFINITY) : evaluateScalar(evaluation, min);
  const upper = max === undefined ? filled(evaluation, Number.POSITIVE_INFINITY) : evaluateScalar(evaluation, max);
  const isCrossed = lower.some((bound, step) => upper[step]! < bound);
  const rows = evaluateVector(evaluation, call.args[0]!).flatMap((row): Row[] => {
    const { values } = row;
    for (let step = 0; step < values.length; step++) {
      values[step] = larger(lower[step]!, smaller(upper[step]!, values[step]!));
    }
    if (!isCrossed) return [row];
    const present = Uint8Array.from(lower, (bound, step) => (isPresent(row, step) && !(upper[step]! < bound) ? 1 : 0));
    const kept = settled({ ...row, present });
    evaluation.release(heldBy(row) - (kept === undefined ? 0 : heldBy(kept)));
    return kept === undefined ? [] : [kept];
  });
  return dropNames(evaluation, rows);
}

function filled(evaluation: Evaluation, value: number): Float64Array {
  return new Float64Array(evaluation.count).fill(value);
}
