import { changeFunctions } from './changes.ts';
import { endFunctions } from './ends.ts';
import { extremeFunctions } from './extremes.ts';
import { instantRateFunctions } from './instant-rate.ts';
import { integralFunctions } from './integral.ts';
import { quantileFunctions } from './quantiles.ts';
import { rateFunctions } from './rate.ts';
import { regressionFunctions } from './regression.ts';
import { smoothingFunctions } from './smoothing.ts';
import { totalFunctions } from './totals.ts';
import type { RangeFunction, Window } from './window.ts';

/** Every function of a range vector. */
export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  ...changeFunctions,
  ...endFunctions,
  ...extremeFunctions,
  ...instantRateFunctions,
  ...integralFunctions,
  ...quantileFunctions,
  ...rateFunctions,
  ...regressionFunctions,
  ...smoothingFunctions,
  ...totalFunctions,
};

/** The functions that can be used with `anchored` or `smoothed`. */
export function functionsWith(extension: Window['extension']): string[] {
  return Object.keys(rangeFunctions)
    .filter((name) => rangeFunctions[name]!.extensions?.includes(extension))
    .sort();
}
