import type { CallNode } from '../plan/plan.ts';
import { evaluateAbsent } from '../run/absent.ts';
import type { Evaluation } from '../run/evaluation.ts';
import type { Row } from '../run/row.ts';
import { calendarFunctions } from './calendar.ts';
import { histogramFunctions } from './histograms.ts';
import { labelFunctions } from './label-functions.ts';
import { mathFunctions } from './math.ts';
import { roundingFunctions } from './rounding.ts';
import { vectorOf } from './scalars.ts';
import { sortFunctions } from './sorting.ts';
import { timestampFunctions } from './timestamps.ts';

export type VectorFunction = (evaluation: Evaluation, call: CallNode) => Row[];

/** Every function that gives an instant vector and takes none of ranges. */
export const vectorFunctions: Readonly<Record<string, VectorFunction>> = {
  absent: evaluateAbsent,
  vector: vectorOf,
  ...calendarFunctions,
  ...histogramFunctions,
  ...labelFunctions,
  ...mathFunctions,
  ...roundingFunctions,
  ...sortFunctions,
  ...timestampFunctions,
};
