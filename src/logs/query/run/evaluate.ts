import { Labels } from '../labels/labels.ts';
import { bucketsOf } from '../plan/buckets.ts';
import type { PlanNode, RangeNode, Read } from '../plan/plan.ts';
import { rangeValue } from '../range/range-value.ts';
import { eachWindow } from '../range/windows.ts';
import { aggregate } from '../vector/aggregate.ts';
import { joinVectors, withNumber } from '../vector/binary.ts';
import { labelReplace } from '../vector/label-replace.ts';
import { joinEqualLabels, setOperation } from '../vector/sets.ts';
import type { SeriesCells } from './block-result.ts';
import { newSeries, type StepSeries } from './vector.ts';

/** What was read for a plan. */
export interface Readings {
  reads: readonly Read[];
  /** Samples of each read, by series. */
  cells: readonly (readonly SeriesCells[])[];
  steps: number;
  checkStop(): void;
}

/** Computes a node at every step. Values at which `has` is 0 mean nothing. */
export function evaluate(node: PlanNode, readings: Readings): StepSeries[] {
  readings.checkStop();
  const { steps } = readings;
  switch (node.kind) {
    case 'range':
      return node.op === 'absent_over_time' ? absent(node, readings) : evaluateRange(node, readings);
    case 'aggregation':
      return aggregate(node, evaluate(node.expr, readings), steps);
    case 'number_side':
      return withNumber(node, evaluate(node.expr, readings), steps);
    case 'binary': {
      const [lhs, rhs] = [evaluate(node.lhs, readings), evaluate(node.rhs, readings)];
      const isSet = node.op === 'and' || node.op === 'or' || node.op === 'unless';
      return isSet ? setOperation(node, lhs, rhs, steps) : joinVectors(node, lhs, rhs, steps);
    }
    case 'label_replace':
      return labelReplace(node, evaluate(node.expr, readings));
    case 'vector':
      return [
        { labels: Labels.empty, values: new Float64Array(steps).fill(node.value), has: new Uint8Array(steps).fill(1) },
      ];
  }
}

function evaluateRange(node: RangeNode, { reads, cells, steps, checkStop }: Readings): StepSeries[] {
  const { plan } = reads[node.read]!;
  const { stepNs, rangeNs } = plan.buckets;
  const buckets = bucketsOf(plan.buckets);
  const value = rangeValue(node, rangeNs);
  return cells[node.read]!.map((one) => {
    checkStop();
    const series = newSeries(Labels.of(one.labels), steps);
    eachWindow(plan.sampleKind, one, buckets, steps, (step, state) => {
      series.has[step] = 1;
      series.values[step] = value(state, step * stepNs);
    });
    return series;
  });
}

function absent(node: RangeNode, readings: Readings): StepSeries[] {
  const present = evaluateRange(node, readings);
  const series = newSeries(Labels.of(node.absentLabels), readings.steps);
  for (let step = 0; step < readings.steps; step++) {
    if (present.some(({ has }) => has[step] === 1)) continue;
    series.has[step] = 1;
    series.values[step] = 1;
  }
  return [series];
}

/** The result in the order of its labels or, where asked for, as it came. */
export function finished(series: readonly StepSeries[]): StepSeries[] {
  return joinEqualLabels(series).filter(({ has }) => has.includes(1));
}
