import { evaluateAggregation } from '../aggregate/aggregate.ts';
import { evaluateBinary } from '../binary/binary.ts';
import { evaluateSet } from '../binary/sets.ts';
import type { ConstantNode, NegateNode, PlanNode } from '../plan/plan.ts';
import { rangeFunctions } from '../range/range-functions.ts';
import { scalarFunctions } from '../vector/scalars.ts';
import { vectorFunctions } from '../vector/vector-functions.ts';
import { dropNames } from './equal-labels.ts';
import type { Evaluation } from './evaluation.ts';
import { evaluateInfo } from './info.ts';
import { evaluateInstant, instantRows } from './instant-selector.ts';
import { evaluateOverTime, overTimeRows } from './over-time.ts';
import { heldBy, type Row } from './row.ts';

/** The rows of an expression that gives an instant vector. They belong to the caller. */
export function evaluateVector(evaluation: Evaluation, node: PlanNode): Row[] {
  evaluation.state.options.checkStop();
  if (evaluation.count === 0) return [];
  switch (node.kind) {
    case 'instant':
      return evaluateInstant(evaluation, node);
    case 'constant':
      return evaluateOnce(evaluation, node);
    case 'negate':
      return negate(evaluation, node);
    case 'aggregation':
      return evaluateAggregation(evaluation, node);
    case 'binary':
      return evaluateBinary(evaluation, node);
    case 'set':
      return evaluateSet(evaluation, node);
    case 'info':
      return evaluateInfo(evaluation, node);
    case 'call':
      if (rangeFunctions[node.name] !== undefined) return evaluateOverTime(evaluation, node);
      return vectorFunctions[node.name]!(evaluation, node);
    default:
      throw new Error(`a ${node.kind} is no instant vector`);
  }
}

/**
 * The same row by row, where the expression can give them so: then nothing else looks at a row's columns once it is given (`areOwn`). What is
 * wrong with all rows together turns out at the end.
 */
export function vectorRows(evaluation: Evaluation, node: PlanNode): { rows: Iterable<Row>; areOwn: boolean } {
  evaluation.state.options.checkStop();
  if (evaluation.count === 0) return { rows: [], areOwn: false };
  if (node.kind === 'instant') return { rows: instantRows(evaluation, node), areOwn: true };
  if (node.kind === 'call' && rangeFunctions[node.name] !== undefined && node.name !== 'absent_over_time') {
    return { rows: overTimeRows(evaluation, node), areOwn: true };
  }
  return { rows: evaluateVector(evaluation, node), areOwn: false };
}

/** A scalar's value at every step; the column belongs to the caller. */
export function evaluateScalar(evaluation: Evaluation, node: PlanNode): Float64Array {
  evaluation.state.options.checkStop();
  switch (node.kind) {
    case 'number':
      return new Float64Array(evaluation.count).fill(node.value);
    case 'constant': {
      const [value] = evaluateScalar(evaluation.first(), node.expr);
      return new Float64Array(evaluation.count).fill(value!);
    }
    case 'negate': {
      const values = evaluateScalar(evaluation, node.expr);
      for (let step = 0; step < values.length; step++) values[step] = -values[step]!;
      return values;
    }
    case 'binary':
      return evaluateBinary(evaluation, node)[0]!.values;
    case 'call':
      return scalarFunctions[node.name]!(evaluation, node);
    default:
      throw new Error(`a ${node.kind} is no scalar`);
  }
}

/** A string is written in the query; nothing computes one. */
export function stringOf(node: PlanNode): string {
  if (node.kind === 'constant') return stringOf(node.expr);
  if (node.kind !== 'string') throw new Error(`a ${node.kind} is no string`);
  return node.value;
}

/** Computed at the first step, and the same at all others. */
function evaluateOnce(evaluation: Evaluation, node: ConstantNode): Row[] {
  const rows = evaluateVector(evaluation.first(), node.expr);
  evaluation.hold(rows.length * (evaluation.count - 1));
  return rows.map(({ labels, dropName, values }) => {
    return { labels, dropName, values: new Float64Array(evaluation.count).fill(values[0]!), present: null };
  });
}

function negate(evaluation: Evaluation, node: NegateNode): Row[] {
  const rows = evaluateVector(evaluation, node.expr);
  for (const { values } of rows) for (let step = 0; step < values.length; step++) values[step] = -values[step]!;
  return dropNames(evaluation, rows, { onlyAcrossSteps: false });
}

export function releaseRows(evaluation: Evaluation, rows: readonly Row[]): void {
  for (const row of rows) evaluation.release(heldBy(row));
}
