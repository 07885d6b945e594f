import type { Labels } from '../labels/labels.ts';

/** One series of a result while it is computed: a value per step, and whether there is one. */
export interface StepSeries {
  labels: Labels;
  values: Float64Array;
  has: Uint8Array;
}

export function newSeries(labels: Labels, steps: number): StepSeries {
  return { labels, values: new Float64Array(steps), has: new Uint8Array(steps) };
}
