import type { Labels } from '../labels/labels.ts';
import type { BinaryNode, NumberSideNode } from '../plan/plan.ts';
import { QueryError } from '../run/query-error.ts';
import { newSeries, type StepSeries } from '../run/vector.ts';
import type { Matching } from '../syntax/ast.ts';
import { calculate, compare, isComparison } from '../syntax/binary-ops.ts';

/** A vector with a number beside it. A comparison without `bool` keeps the vector's values. */
export function withNumber(node: NumberSideNode, input: readonly StepSeries[], steps: number): StepSeries[] {
  const { op, value, isLeft, returnBool } = node;
  return input.map((series) => {
    const result = newSeries(series.labels, steps);
    for (let step = 0; step < steps; step++) {
      if (series.has[step] === 0) continue;
      const own = series.values[step]!;
      const [left, right] = isLeft ? [value, own] : [own, value];
      if (isComparison(op) && !returnBool) {
        if (!compare(op, left, right)) continue;
        result.values[step] = own;
      } else result.values[step] = calculate(op, left, right);
      result.has[step] = 1;
    }
    return result;
  });
}

/** Two vectors, joined by an arithmetic operator or a comparison. */
export function joinVectors(
  { op, returnBool, matching }: BinaryNode,
  lhs: readonly StepSeries[],
  rhs: readonly StepSeries[],
  steps: number,
): StepSeries[] {
  const isSwapped = matching.cardinality === 'one-to-many';
  const [many, one] = isSwapped ? [rhs, lhs] : [lhs, rhs];
  const bySignature = grouped(one, matching);
  const results = new Map<string, StepSeries>();
  for (const group of bySignature.values()) checkUnique(group, isSwapped ? 'left' : 'right', steps);
  const taken = new TakenSteps(matching, steps);
  for (const series of many) {
    const key = signature(series.labels, matching);
    for (const partner of bySignature.get(key) ?? []) {
      const labels = resultLabels(series.labels, partner.labels, matching);
      let result = results.get(labels.key);
      for (let step = 0; step < steps; step++) {
        if (series.has[step] === 0 || partner.has[step] === 0) continue;
        taken.take(step, key, labels.key);
        const [left, right] = isSwapped
          ? [partner.values[step]!, series.values[step]!]
          : [series.values[step]!, partner.values[step]!];
        const isFilter = isComparison(op) && !returnBool;
        if (isFilter && !compare(op, left, right)) continue;
        if (result === undefined) results.set(labels.key, (result = newSeries(labels, steps)));
        result.values[step] = isFilter ? left : calculate(op, left, right);
        result.has[step] = 1;
      }
    }
  }
  return [...results.values()];
}

export function signature(labels: Labels, { on, labels: names }: Matching): string {
  const set = new Set(names);
  return (on ? labels.keep(set) : labels.drop(set)).key;
}

export function grouped(input: readonly StepSeries[], matching: Matching): Map<string, StepSeries[]> {
  const groups = new Map<string, StepSeries[]>();
  for (const series of input) {
    const key = signature(series.labels, matching);
    const group = groups.get(key);
    if (group) group.push(series);
    else groups.set(key, [series]);
  }
  return groups;
}

function checkUnique(group: readonly StepSeries[], side: string, steps: number): void {
  if (group.length < 2) return;
  for (let step = 0; step < steps; step++) {
    if (group.filter(({ has }) => has[step] === 1).length > 1) {
      throw new QueryError(
        `found duplicate series on the ${side} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
  }
}

/** Which results there are at each step: one for a signature, or for one and the labels where many may match. */
class TakenSteps {
  readonly #matching: Matching;
  readonly #steps: Set<string>[];

  constructor(matching: Matching, steps: number) {
    this.#matching = matching;
    this.#steps = Array.from({ length: steps }, () => new Set());
  }

  take(step: number, signature: string, labels: string): void {
    const isOne = this.#matching.cardinality === 'one-to-one';
    const key = isOne ? signature : `${signature}\ud802${labels}`;
    if (this.#steps[step]!.has(key)) {
      const detail = isOne
        ? 'many-to-one matching must be explicit (group_left/group_right)'
        : 'grouping labels must ensure unique matches';
      throw new QueryError(`multiple matches for labels: ${detail}`);
    }
    this.#steps[step]!.add(key);
  }
}

function resultLabels(many: Labels, one: Labels, { on, labels: names, cardinality, include }: Matching): Labels {
  let labels = many;
  if (cardinality === 'one-to-one') labels = on ? many.keep(new Set(names)) : many.drop(new Set(names));
  for (const name of include) labels = labels.with(name, one.get(name));
  return labels;
}
