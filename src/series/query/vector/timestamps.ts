import type { CallNode } from '../plan/plan.ts';
import { dropNames } from '../run/equal-labels.ts';
import { evaluateVector } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { evaluateInstant } from '../run/instant-selector.ts';
import type { Row } from '../run/row.ts';

/** When samples were taken: of a selector the sample's own time, of anything else the step's. */
export const timestampFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = {
  timestamp(evaluation, call) {
    const [argument] = call.args;
    if (argument!.kind === 'instant') return inSeconds(evaluation, evaluateInstant(evaluation, argument!, 'time'));
    const rows = evaluateVector(evaluation, argument!);
    for (const { values } of rows)
      for (let step = 0; step < values.length; step++) values[step] = evaluation.timeMs(step);
    return inSeconds(evaluation, rows);
  },
  /** Only selectors know when their samples began, and only where that is in use. */
  start_timestamp(evaluation, call) {
    const [argument] = call.args;
    if (argument!.kind !== 'instant' || !evaluation.state.options.startTimestamps) {
      evaluateVector(evaluation, argument!);
      return [];
    }
    return inSeconds(evaluation, evaluateInstant(evaluation, argument!, 'start'));
  },
};

function inSeconds(evaluation: Evaluation, rows: Row[]): Row[] {
  for (const { values } of rows) for (let step = 0; step < values.length; step++) values[step] = values[step]! / 1000;
  return dropNames(evaluation, rows);
}
