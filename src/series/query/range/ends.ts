import type { ColumnFunction, RangeFunction } from './window.ts';

const firstColumn: ColumnFunction = {
  samplesMin: 1,
  evaluate(values, { froms, tos, count }, out) {
    for (let step = 0; step < count; step++) if (froms[step]! < tos[step]!) out[step] = values[froms[step]!]!;
  },
};

const lastColumn: ColumnFunction = {
  samplesMin: 1,
  evaluate(values, { froms, tos, count }, out) {
    for (let step = 0; step < count; step++) if (froms[step]! < tos[step]!) out[step] = values[tos[step]! - 1]!;
  },
};

/** The first and the last sample of a range, and their times. */
export const endFunctions: Record<string, RangeFunction> = {
  first_over_time: {
    keepsName: true,
    column: () => firstColumn,
  },
  last_over_time: {
    keepsName: true,
    column: () => lastColumn,
  },
  ts_of_first_over_time: {
    evaluate(window) {
      window.result = window.times[window.from]! / 1000;
      return true;
    },
  },
  ts_of_last_over_time: {
    evaluate(window) {
      window.result = window.times[window.to - 1]! / 1000;
      return true;
    },
  },
};
