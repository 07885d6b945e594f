import type { CallNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { type Row, scalarRow } from '../run/row.ts';
import { mapRows } from './map-rows.ts';

const DAY_MS = 86_400_000;
/** JavaScript's dates end before Go's do; what lies outside has no calendar. */
const dateMsMax = 8.64e15;

const parts: Record<string, (date: Date) => number> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_month: (date) => date.getUTCDate(),
  day_of_year: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1,
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** Parts of the time in UTC that each value is, in seconds; without an argument, of the step. */
export const calendarFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = Object.fromEntries(
  Object.entries(parts).map(([name, part]) => [
    name,
    (evaluation: Evaluation, call: CallNode) => calendar(evaluation, call, part),
  ]),
);

function calendar(evaluation: Evaluation, call: CallNode, part: (date: Date) => number): Row[] {
  const [argument] = call.args;
  if (argument === undefined) {
    const values = Float64Array.from({ length: evaluation.count }, (_, step) =>
      partAt(evaluation.timeMs(step) / 1000, part),
    );
    return [scalarRow(values)];
  }
  return mapRows(evaluation, argument, (values) => {
    for (let step = 0; step < values.length; step++) values[step] = partAt(values[step]!, part);
  });
}

function partAt(seconds: number, part: (date: Date) => number): number {
  const milliseconds = Math.trunc(seconds) * 1000;
  return Math.abs(milliseconds) <= dateMsMax ? part(new Date(milliseconds)) : Number.NaN;
}
