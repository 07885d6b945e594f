import type { BinaryNode } from '../plan/plan.ts';
import type { StepSeries } from '../run/vector.ts';
import { grouped, signature } from './binary.ts';

/** `and`, `or`, `unless`: which series there are at a step decides, not their values. */
export function setOperation(
  { op, matching }: BinaryNode,
  lhs: readonly StepSeries[],
  rhs: readonly StepSeries[],
  steps: number,
): StepSeries[] {
  if (op === 'or') return [...lhs, ...filtered(rhs, grouped(lhs, matching), false)];
  return filtered(lhs, grouped(rhs, matching), op === 'and');

  /** Steps at which the other side has a series of the same signature, or has none. */
  function filtered(input: readonly StepSeries[], others: Map<string, StepSeries[]>, wanted: boolean): StepSeries[] {
    return input.map((series) => {
      const partners = others.get(signature(series.labels, matching)) ?? [];
      const has = new Uint8Array(steps);
      for (let step = 0; step < steps; step++) {
        const isMatched = partners.some((partner) => partner.has[step] === 1);
        if (series.has[step] === 1 && isMatched === wanted) has[step] = 1;
      }
      return { ...series, has };
    });
  }
}

/** Series of the same labels become one, where at no step both have a value. */
export function joinEqualLabels(input: readonly StepSeries[]): StepSeries[] {
  const byKey = new Map<string, StepSeries>();
  for (const series of input) {
    const other = byKey.get(series.labels.key);
    if (other === undefined) {
      byKey.set(series.labels.key, { ...series, values: series.values.slice(), has: series.has.slice() });
      continue;
    }
    series.has.forEach((has, step) => {
      if (has === 0) return;
      other.has[step] = 1;
      other.values[step] = series.values[step]!;
    });
  }
  return [...byKey.values()];
}
