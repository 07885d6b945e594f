import type { Matcher } from '../labels/matcher.ts';
import type { Position } from '../text/position.ts';
import type { Aggregator } from './token.ts';

/** What a query says, as plain data. Durations are in milliseconds, positions in the query's text. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | RangeSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren;

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export interface NumberLiteral {
  kind: 'number';
  value: number;
  /** Written as a duration: printed as one again. */
  isDuration: boolean;
  position: Position;
}

export interface StringLiteral {
  kind: 'string';
  value: string;
  position: Position;
}

/** `offset` and `@`, which selectors and subqueries have. */
export interface TimeModifiers {
  offsetMs: number;
  offsetExpr?: DurationExpr;
  atMs?: number;
  atEdge?: 'start' | 'end';
}

export interface VectorSelector extends TimeModifiers {
  kind: 'selector';
  /** The name before the braces, or empty. The matchers hold it too. */
  name: string;
  matchers: Matcher[];
  anchored: boolean;
  smoothed: boolean;
  /** The second argument of info(), which may match everything. */
  mayMatchAll: boolean;
  position: Position;
}

export interface RangeSelector {
  kind: 'range';
  selector: VectorSelector;
  rangeMs: number;
  rangeExpr?: DurationExpr;
  position: Position;
}

export interface Subquery extends TimeModifiers {
  kind: 'subquery';
  expr: Expr;
  rangeMs: number;
  rangeExpr?: DurationExpr;
  /** 0: the engine's default. */
  stepMs: number;
  stepExpr?: DurationExpr;
  position: Position;
}

export interface Call {
  kind: 'call';
  name: string;
  args: Expr[];
  position: Position;
}

export interface Aggregation {
  kind: 'aggregation';
  op: Aggregator;
  expr: Expr;
  param?: Expr;
  grouping: string[];
  without: boolean;
  position: Position;
}

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';

export interface Matching {
  cardinality: Cardinality;
  labels: string[];
  on: boolean;
  /** Labels that group_left or group_right takes over from the "one" side. */
  include: string[];
  fillLeft?: number;
  fillRight?: number;
}

export interface Binary {
  kind: 'binary';
  op: BinaryOp;
  lhs: Expr;
  rhs: Expr;
  returnBool: boolean;
  /** Only between two vectors. */
  matching?: Matching;
  position: Position;
}

export interface Unary {
  kind: 'unary';
  op: '+' | '-';
  expr: Expr;
  position: Position;
}

export interface Paren {
  kind: 'paren';
  expr: Expr;
  position: Position;
}

/** Arithmetic on durations (experimental): `[5m + step()]`. */
export interface DurationExpr {
  kind: 'duration';
  op: '+' | '-' | '*' | '/' | '%' | '^' | 'step' | 'range' | 'min_of' | 'max_of';
  lhs?: DurationOperand;
  rhs?: DurationOperand;
  wrapped: boolean;
  position: Position;
}
export type DurationOperand = NumberLiteral | DurationExpr;

export const comparisonOps = ['==', '!=', '<=', '<', '>=', '>'] as const;
export const setOps = ['and', 'or', 'unless'] as const;
export type ComparisonOp = (typeof comparisonOps)[number];
export type SetOp = (typeof setOps)[number];
export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
/** `</` and `>/` cut native histograms; between floats they give nothing. */
export type TrimOp = '</' | '>/';
export type BinaryOp = ComparisonOp | SetOp | ArithmeticOp | TrimOp;

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return (comparisonOps as readonly string[]).includes(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return (setOps as readonly string[]).includes(op);
}

/** The operands of an expression, in the order in which they are written. */
export function children(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'range':
      return [expr.selector];
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr];
    case 'call':
      return expr.args;
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.expr, expr.param];
    case 'binary':
      return [expr.lhs, expr.rhs];
    default:
      return [];
  }
}
