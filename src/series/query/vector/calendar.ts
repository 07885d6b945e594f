import type { CallNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { type Row, scalarRow } from '../run/row.ts';
import { mapRows } from './map-rows.ts';

const DAY_MS = 86_400_000;
/** The calendar repeats after this many years, of this many seconds. */
const CYCLE_YEARS = 400;
const CYCLE_SECONDS = 12_622_780_800;
/** Where Go's 63 bits of seconds end; NaN and what lies beyond becomes the moment below, as its conversion on amd64 has it. */
const secondsEnd = 2 ** 63;
const beyond = { year: 292_277_026_596, inCycle: new Date(Date.UTC(1796, 11, 4, 15, 30, 8)) };

/** A time as a year, and a date that has the same parts otherwise. */
interface Moment {
  year: number;
  inCycle: Date;
}

const parts: Record<string, (moment: Moment) => number> = {
  minute: ({ inCycle }) => inCycle.getUTCMinutes(),
  hour: ({ inCycle }) => inCycle.getUTCHours(),
  day_of_week: ({ inCycle }) => inCycle.getUTCDay(),
  day_of_month: ({ inCycle }) => inCycle.getUTCDate(),
  day_of_year: ({ inCycle }) => Math.floor((inCycle.getTime() - Date.UTC(inCycle.getUTCFullYear(), 0, 1)) / DAY_MS) + 1,
  days_in_month: ({ inCycle }) =>
    new Date(Date.UTC(inCycle.getUTCFullYear(), inCycle.getUTCMonth() + 1, 0)).getUTCDate(),
  month: ({ inCycle }) => inCycle.getUTCMonth() + 1,
  year: ({ year }) => year,
};

/** Parts of the time in UTC that each value is, in seconds; without an argument, of the step. */
export const calendarFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = Object.fromEntries(
  Object.entries(parts).map(([name, part]) => [
    name,
    (evaluation: Evaluation, call: CallNode) => calendar(evaluation, call, part),
  ]),
);

function calendar(evaluation: Evaluation, call: CallNode, part: (moment: Moment) => number): Row[] {
  const [argument] = call.args;
  if (argument === undefined) {
    const values = Float64Array.from({ length: evaluation.count }, (_, step) =>
      part(momentAt(evaluation.timeMs(step) / 1000)),
    );
    return [scalarRow(values)];
  }
  return mapRows(evaluation, argument, (values) => {
    for (let step = 0; step < values.length; step++) values[step] = part(momentAt(values[step]!));
  });
}

function momentAt(time: number): Moment {
  const seconds = Math.trunc(time);
  if (!(Math.abs(seconds) < secondsEnd)) return beyond;
  const cycles = Math.floor(seconds / CYCLE_SECONDS);
  const inCycle = new Date((seconds - cycles * CYCLE_SECONDS) * 1000);
  return { year: inCycle.getUTCFullYear() + cycles * CYCLE_YEARS, inCycle };
}
