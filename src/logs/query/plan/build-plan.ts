import { levelLabel } from '../../level/level.ts';
import { errorLabel } from '../pipeline/line-labels.ts';
import type { BinaryExpr, Grouping, LogExpr, MetricExpr, RangeAggregation, VectorAggregation } from '../syntax/ast.ts';
import { calculate, isSetOp, literalValue } from '../syntax/binary-ops.ts';
import type { RangeOp } from '../syntax/token.ts';
import { isNeeded, neededLabels } from './needed-labels.ts';
import { neededText } from './needles.ts';
import type { LinesPlan, LogPlan, MetricPlan, PlanNode, Read, SampleKind } from './plan.ts';
import { type QueryTimes, stepCount } from './times.ts';
import { withoutUnreadLines } from './unread-lines.ts';

/** Range functions whose sums by group are the sums of the lines by group. */
const summable: ReadonlySet<RangeOp> = new Set([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
]);

export function buildLogPlan(
  { matchers, stages }: LogExpr,
  { sinceNs, untilNs, direction, limit }: Omit<LinesPlan, 'kind' | 'stages' | 'needed'>,
): LogPlan {
  const plan: LinesPlan = { kind: 'lines', stages, needed: null, sinceNs, untilNs, direction, limit };
  return { kind: 'log', matchers, needles: neededText(stages), plan };
}

export function buildMetricPlan(expr: MetricExpr, times: QueryTimes): MetricPlan {
  const scalar = literalValue(expr);
  const builder = new PlanBuilder(times);
  const root = scalar === undefined ? builder.node(expr) : ({ kind: 'vector', value: scalar } as const);
  const plan: MetricPlan = { kind: 'metric', root, reads: builder.reads, sortedByValue: hasSort(expr) };
  return scalar === undefined ? plan : { ...plan, scalar };
}

function hasSort(expr: MetricExpr): boolean {
  if (expr.kind === 'vector_aggregation') return expr.op.startsWith('sort') || hasSort(expr.expr);
  if (expr.kind === 'binary') return hasSort(expr.lhs) || hasSort(expr.rhs);
  return expr.kind === 'label_replace' && hasSort(expr.expr);
}

/** Makes nodes, and notes what they read. */
class PlanBuilder {
  readonly reads: Read[] = [];
  readonly #times: QueryTimes;

  constructor(times: QueryTimes) {
    this.#times = times;
  }

  node(expr: MetricExpr): PlanNode {
    switch (expr.kind) {
      case 'range_aggregation':
        return this.#range(expr, expr.grouping);
      case 'vector_aggregation':
        return this.#aggregation(expr);
      case 'binary':
        return this.#binary(expr);
      case 'literal':
      case 'vector':
        return { kind: 'vector', value: expr.value };
      case 'label_replace':
        return { ...expr, expr: this.node(expr.expr) };
    }
  }

  #aggregation({ op, expr, param = 0, grouping = { without: false, labels: [] } }: VectorAggregation): PlanNode {
    // Lines are summed by group where they are read, so that series that nobody sees are never made.
    const isPushed = op === 'sum' && expr.kind === 'range_aggregation' && !expr.grouping && summable.has(expr.op);
    const inner = isPushed ? this.#range(expr, grouping) : this.node(expr);
    return { kind: 'aggregation', op, expr: inner, param, grouping };
  }

  #range({ op, param, range }: RangeAggregation, grouping: Grouping | undefined): PlanNode {
    const { log, unwrap, intervalNs, offsetNs } = range;
    const steps = stepCount(this.#times);
    const stepNs = steps === 1 ? Math.max(intervalNs, 1) : this.#times.stepNs;
    const startNs = this.#times.startNs - BigInt(offsetNs);
    const kind = sampleKind(op, unwrap !== undefined);
    const stages = kind === 'bytes' ? log.stages : withoutUnreadLines(log.stages);
    const needed = neededLabels(stages, unwrap, grouping);
    const untouched = stages.length === 0 && !unwrap;
    this.reads.push({
      matchers: log.matchers,
      needles: neededText(stages),
      // A level may have to be read from the line.
      needsText: !untouched || isNeeded(needed, levelLabel),
      plan: {
        kind: 'samples',
        stages,
        needed,
        sinceNs: startNs - BigInt(intervalNs) + 1n,
        untilNs: startNs + BigInt(stepNs) * BigInt(steps - 1) + 1n,
        sampleKind: kind,
        ...(unwrap ? { unwrap } : {}),
        ...(grouping ? { grouping } : {}),
        preserveErrors: needed?.includes(errorLabel) ?? false,
        buckets: { startNs, stepNs, steps, rangeNs: intervalNs },
      },
    });
    const absentLabels = op === 'absent_over_time' ? labelsOfAbsence(log) : {};
    const read = this.reads.length - 1;
    const hasUnwrap = unwrap !== undefined;
    return { kind: 'range', read, op, hasUnwrap, absentLabels, ...(param === undefined ? {} : { param }) };
  }

  #binary({ op, lhs, rhs, returnBool, matching }: BinaryExpr): PlanNode {
    const [left, right] = [literalValue(lhs), literalValue(rhs)];
    if (!isSetOp(op)) {
      if (left !== undefined && right !== undefined) return { kind: 'vector', value: calculate(op, left, right) };
      if (left !== undefined) {
        return { kind: 'number_side', op, expr: this.node(rhs), value: left, isLeft: true, returnBool };
      }
      if (right !== undefined) {
        return { kind: 'number_side', op, expr: this.node(lhs), value: right, isLeft: false, returnBool };
      }
    }
    return {
      kind: 'binary',
      op,
      lhs: this.node(lhs),
      rhs: this.node(rhs),
      returnBool,
      matching: matching ?? { on: false, labels: [], cardinality: 'one-to-one', include: [] },
    };
  }
}

/** Labels that are equal to one value, each named once: all that can be said of lines that are not there. */
function labelsOfAbsence({ matchers }: LogExpr): Record<string, string> {
  const single = matchers.filter(({ name }) => matchers.filter((other) => other.name === name).length === 1);
  return Object.fromEntries(
    single.filter(({ op, value }) => op === '=' && value !== '').map(({ name, value }) => [name, value]),
  );
}

function sampleKind(op: RangeOp, hasUnwrap: boolean): SampleKind {
  switch (op) {
    case 'count_over_time':
    case 'absent_over_time':
      return 'count';
    case 'rate':
      return hasUnwrap ? 'sum' : 'count';
    case 'bytes_over_time':
    case 'bytes_rate':
      return 'bytes';
    case 'sum_over_time':
      return 'sum';
    case 'avg_over_time':
      return 'mean';
    case 'min_over_time':
      return 'min';
    case 'max_over_time':
      return 'max';
    case 'stddev_over_time':
    case 'stdvar_over_time':
      return 'spread';
    case 'first_over_time':
      return 'first';
    case 'last_over_time':
      return 'last';
    case 'quantile_over_time':
    case 'rate_counter':
      return 'points';
  }
}
