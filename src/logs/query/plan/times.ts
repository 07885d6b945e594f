import type { Nanos } from '../../../base/nanotime.ts';

/** When a metric query is evaluated: at `startNs`, and then every `stepNs` up to `endNs`. A step of 0: at `startNs` alone. */
export interface QueryTimes {
  startNs: Nanos;
  endNs: Nanos;
  stepNs: number;
}

export function stepCount({ startNs, endNs, stepNs }: QueryTimes): number {
  return stepNs === 0 ? 1 : Number((endNs - startNs) / BigInt(stepNs)) + 1;
}
