import {
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  isSetOp,
  type RangeSelector,
  type Subquery,
  type TimeModifiers,
  type VectorSelector,
} from '../syntax/ast.ts';
import { typeOf } from '../syntax/check.ts';
import { planInfo } from './build-info.ts';
import { evaluateDuration } from './evaluate-duration.ts';
import type { BinaryNode, Plan, PlanNode, Read, TimeShift } from './plan.ts';
import { type Reach, readWindow, within } from './read-window.ts';
import { type QueryTimes, stepCount } from './times.ts';

export interface PlanOptions {
  lookbackMs: number;
  /** The step of a subquery that names none. */
  subqueryStepMs: number;
}

/** A planned part, and whether it is the same at every step. */
export interface Part {
  node: PlanNode;
  constant: boolean;
  /** A constant part that is worth computing once; literals and range selectors are not. */
  worthOnce: boolean;
}

/** Their result depends on the time of evaluation, whatever their arguments are. */
export const timeDependentFunctions: ReadonlySet<string> = new Set([
  ...['days_in_month', 'day_of_month', 'day_of_week', 'day_of_year', 'hour', 'minute', 'month', 'year'],
  ...['predict_linear', 'time', 'timestamp', 'start', 'end', 'step', 'range'],
]);

export function buildPlan(expr: Expr, times: QueryTimes, options: PlanOptions): Plan {
  const builder = new PlanBuilder(times, options);
  const part = builder.part(expr, { outerOffsetMs: 0, outerRangeMs: 0 });
  const { reads, subquerySteps } = builder;
  const root = part.worthOnce ? once(part) : part.node;
  return { root, type: typeOf(expr), reads, steps: stepCount(times) + subquerySteps };
}

export function once({ node, worthOnce }: Part): PlanNode {
  return worthOnce ? { kind: 'constant', expr: node, position: node.position } : node;
}

export function unwrapped(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrapped(expr.expr) : expr;
}

/** Collects the reads while it plans; used for one query. */
export class PlanBuilder {
  readonly reads: Read[] = [];
  subquerySteps = 0;
  readonly times: QueryTimes;
  readonly options: PlanOptions;

  constructor(times: QueryTimes, options: PlanOptions) {
    this.times = times;
    this.options = options;
  }

  part(expr: Expr, reach: Reach): Part {
    switch (expr.kind) {
      case 'number':
      case 'string':
        return literal({ kind: expr.kind, value: expr.value, position: expr.position } as PlanNode);
      case 'paren':
        return this.part(expr.expr, reach);
      case 'unary': {
        const part = this.part(expr.expr, reach);
        if (expr.op === '+') return part;
        const isScalar = typeOf(expr) === 'scalar';
        return { ...part, node: { kind: 'negate', expr: part.node, isScalar, position: expr.position } };
      }
      case 'selector':
        return this.#instant(expr, reach);
      case 'range':
        return this.#window(expr, reach);
      case 'subquery':
        return this.#subquery(expr, reach);
      case 'call':
        return this.#call(expr, reach);
      case 'aggregation':
        return this.#aggregation(expr, reach);
      case 'binary':
        return this.#binary(expr, reach);
    }
  }

  /** The same selection at the same times is read once. */
  read(read: Omit<Read, 'uses'>): number {
    const same = (other: Read) => {
      return (
        other.minMs === read.minMs && other.maxMs === read.maxMs && String(other.matchers) === String(read.matchers)
      );
    };
    const known = this.reads.findIndex(same);
    if (known < 0) return this.reads.push({ ...read, uses: 1 }) - 1;
    this.reads[known]!.uses++;
    return known;
  }

  /** Offset and `@` as numbers. */
  shift(modifiers: TimeModifiers): TimeShift {
    const { offsetMs, offsetExpr, atMs, atEdge } = modifiers;
    const resolved = offsetExpr === undefined ? offsetMs : evaluateDuration(offsetExpr, this.times, true);
    const at = atEdge === undefined ? atMs : atEdge === 'start' ? this.times.startMs : this.times.endMs;
    return at === undefined ? { offsetMs: resolved } : { offsetMs: resolved, atMs: at };
  }

  #instant(selector: VectorSelector, reach: Reach): Part {
    const shift = this.shift(selector);
    const { matchers, smoothed, position } = selector;
    const window = readWindow(this.times, reach, shift, {
      ...this.options,
      rangeMs: 0,
      extension: smoothed ? 'smoothed' : 'none',
    });
    const read = this.read({ matchers, ...window });
    const constant = shift.atMs !== undefined;
    return { node: { kind: 'instant', read, matchers, smoothed, ...shift, position }, constant, worthOnce: constant };
  }

  #window({ selector, rangeMs, rangeExpr, position }: RangeSelector, reach: Reach): Part {
    const range = rangeExpr === undefined ? rangeMs : evaluateDuration(rangeExpr, this.times, false);
    const shift = this.shift(selector);
    const extension = selector.anchored ? 'anchored' : selector.smoothed ? 'smoothed' : 'none';
    const window = readWindow(this.times, reach, shift, { ...this.options, rangeMs: range, extension });
    const { matchers } = selector;
    const read = this.read({ matchers, ...window });
    const node: PlanNode = { kind: 'window', read, matchers, rangeMs: range, extension, ...shift, position };
    return { node, constant: shift.atMs !== undefined, worthOnce: false };
  }

  #subquery(expr: Subquery, reach: Reach): Part {
    const shift = this.shift(expr);
    const stepMs = expr.stepExpr === undefined ? expr.stepMs : evaluateDuration(expr.stepExpr, this.times, false);
    const rangeMs = expr.rangeExpr === undefined ? expr.rangeMs : evaluateDuration(expr.rangeExpr, this.times, false);
    const inner = this.part(expr.expr, within(reach, shift, rangeMs));
    // Also where the subquery itself is constant: its own steps need it once only.
    const body: PlanNode = inner.constant
      ? { kind: 'constant', expr: inner.node, position: inner.node.position }
      : inner.node;
    const step = stepMs === 0 ? this.options.subqueryStepMs : stepMs;
    const { startMs, endMs } = this.times;
    const outerMs =
      shift.atMs === undefined ? reach.outerRangeMs + (reach.outerAtMs === undefined ? endMs - startMs : 0) : 0;
    this.subquerySteps += Math.ceil((outerMs + rangeMs) / step);
    const node: PlanNode = { kind: 'subquery', expr: body, rangeMs, stepMs: step, ...shift, position: expr.position };
    return { node, constant: shift.atMs !== undefined, worthOnce: false };
  }

  #call(expr: Call, reach: Reach): Part {
    const { position } = expr;
    const { startMs, endMs, stepMs } = this.times;
    if (expr.name === 'start') return literal({ kind: 'number', value: startMs / 1000, position });
    if (expr.name === 'end') return literal({ kind: 'number', value: endMs / 1000, position });
    if (expr.name === 'range') return literal({ kind: 'number', value: (endMs - startMs) / 1000, position });
    if (expr.name === 'step')
      return literal({ kind: 'number', value: startMs === endMs ? 0 : stepMs / 1000, position });
    const args = expr.args.map(unwrapped);
    if (expr.name === 'info') return planInfo(this, args, reach, position);
    // As Prometheus has it, timestamp() of a selector with `@` does not look at the selector's offset.
    if (expr.name === 'timestamp' && args[0]?.kind === 'selector' && this.shift(args[0]).atMs !== undefined) {
      const { offsetExpr: _, ...selector } = args[0];
      args[0] = { ...selector, offsetMs: 0 };
    }
    const parts = args.map((arg) => this.part(arg, reach));
    const allConstant = parts.every(({ constant }) => constant);
    const isConstantTimestamp = expr.name === 'timestamp' && allConstant && args[0]?.kind === 'selector';
    const constant = (allConstant && !timeDependentFunctions.has(expr.name)) || isConstantTimestamp;
    const planned = constant ? parts.map(({ node }) => node) : parts.map(once);
    return { node: { kind: 'call', name: expr.name, args: planned, position }, constant, worthOnce: constant };
  }

  #aggregation(expr: Aggregation, reach: Reach): Part {
    const { op, without, position } = expr;
    const part = this.part(unwrapped(expr.expr), reach);
    const param = expr.param === undefined ? {} : { param: once(this.part(unwrapped(expr.param), reach)) };
    const grouping = [...expr.grouping].sort();
    return { ...part, node: { kind: 'aggregation', op, expr: part.node, ...param, grouping, without, position } };
  }

  #binary(expr: Binary, reach: Reach): Part {
    const { op, returnBool, matching, position } = expr;
    const [left, right] = [this.part(expr.lhs, reach), this.part(expr.rhs, reach)];
    const constant = left.constant && right.constant;
    const [lhs, rhs] = constant ? [left.node, right.node] : [once(left), once(right)];
    let node: PlanNode;
    if (isSetOp(op)) node = { kind: 'set', op, lhs, rhs, matching: matching!, position };
    else {
      const types = { lhsIsScalar: typeOf(expr.lhs) === 'scalar', rhsIsScalar: typeOf(expr.rhs) === 'scalar' };
      node = {
        kind: 'binary',
        op,
        lhs,
        rhs,
        ...types,
        returnBool,
        ...(matching === undefined ? {} : { matching }),
        position,
      } as BinaryNode;
    }
    return { node, constant, worthOnce: constant };
  }
}

function literal(node: PlanNode): Part {
  return { node, constant: true, worthOnce: false };
}
