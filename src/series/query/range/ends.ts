import type { RangeFunction } from './window.ts';

/** The first and the last sample of a range, and their times. */
export const endFunctions: Record<string, RangeFunction> = {
  first_over_time: {
    keepsName: true,
    evaluate(window) {
      window.result = window.values[window.from]!;
      return true;
    },
  },
  last_over_time: {
    keepsName: true,
    evaluate(window) {
      window.result = window.values[window.to - 1]!;
      return true;
    },
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
