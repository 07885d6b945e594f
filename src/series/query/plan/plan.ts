import type { Matcher } from '../labels/matcher.ts';
import type { ArithmeticOp, ComparisonOp, Matching, SetOp, TrimOp } from '../syntax/ast.ts';
import type { Aggregator } from '../syntax/token.ts';
import type { Position } from '../text/position.ts';

/** What to do, as plain data: every duration and time is a number, parentheses are gone, constant parts are marked. */
export interface Plan {
  root: PlanNode;
  type: 'scalar' | 'vector' | 'matrix' | 'string';
  /** What has to be read before anything is computed; nodes refer to it by index. */
  reads: Read[];
  /** At which a part is evaluated: the query's own, and those of its subqueries. */
  steps: number;
}

/** One selection of series, with the samples that any step can need. */
export interface Read {
  matchers: readonly Matcher[];
  /** Both inclusive. */
  minMs: number;
  maxMs: number;
  /** Nodes that refer to it, each of which is evaluated once. */
  uses: number;
}

/** When a selector looks: at `atMs` or at the step, less `offsetMs`. */
export interface TimeShift {
  offsetMs: number;
  atMs?: number;
}

interface Located {
  position: Position;
}

export interface NumberNode extends Located {
  kind: 'number';
  value: number;
}

export interface StringNode extends Located {
  kind: 'string';
  value: string;
}

export interface InstantNode extends Located, TimeShift {
  kind: 'instant';
  read: number;
  matchers: readonly Matcher[];
  smoothed: boolean;
}

export interface WindowNode extends Located, TimeShift {
  kind: 'window';
  read: number;
  matchers: readonly Matcher[];
  rangeMs: number;
  /** Samples around the range take part: the one before it (anchored), and the one after it (smoothed). */
  extension: 'none' | 'anchored' | 'smoothed';
}

export interface SubqueryNode extends Located, TimeShift {
  kind: 'subquery';
  expr: PlanNode;
  rangeMs: number;
  stepMs: number;
}

export interface CallNode extends Located {
  kind: 'call';
  name: string;
  args: PlanNode[];
}

/** info() reads the info series itself. */
export interface InfoNode extends Located, TimeShift {
  kind: 'info';
  base: PlanNode;
  read: number;
  nameMatchers: readonly Matcher[];
  /** By label; which labels are taken over, and what they must match. */
  dataMatchers: ReadonlyMap<string, readonly Matcher[]>;
}

export interface AggregationNode extends Located {
  kind: 'aggregation';
  op: Aggregator;
  expr: PlanNode;
  param?: PlanNode;
  grouping: readonly string[];
  without: boolean;
}

export interface BinaryNode extends Located {
  kind: 'binary';
  op: ArithmeticOp | ComparisonOp | TrimOp;
  lhs: PlanNode;
  rhs: PlanNode;
  lhsIsScalar: boolean;
  rhsIsScalar: boolean;
  returnBool: boolean;
  matching?: Matching;
}

export interface SetNode extends Located {
  kind: 'set';
  op: SetOp;
  lhs: PlanNode;
  rhs: PlanNode;
  matching: Matching;
}

export interface NegateNode extends Located {
  kind: 'negate';
  expr: PlanNode;
  isScalar: boolean;
}

/** The same at every step: computed once. */
export interface ConstantNode extends Located {
  kind: 'constant';
  expr: PlanNode;
}

export type PlanNode =
  | NumberNode
  | StringNode
  | InstantNode
  | WindowNode
  | SubqueryNode
  | CallNode
  | InfoNode
  | AggregationNode
  | BinaryNode
  | SetNode
  | NegateNode
  | ConstantNode;
