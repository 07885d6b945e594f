import type { Nanos } from '../../../base/nanotime.ts';
import type { Needle } from '../source.ts';
import type { BinaryOp, ComparisonOp, Grouping, Matcher, Matching, Stage, Unwrap } from '../syntax/ast.ts';
import type { RangeOp, VectorOp } from '../syntax/token.ts';

/** What to do with one block of lines, as plain data: it can be sent to a thread and run there. */
export type BlockPlan = LinesPlan | SamplesPlan;

interface PipelinePlan {
  stages: readonly Stage[];
  /** Labels that parsers have to extract, the only ones that anything reads; null: all of them. */
  needed: readonly string[] | null;
  /** Lines from here (inclusive) to there (exclusive) count. */
  sinceNs: Nanos;
  untilNs: Nanos;
}

export interface LinesPlan extends PipelinePlan {
  kind: 'lines';
  direction: 'forward' | 'backward';
  limit: number;
}

/** How samples of a bucket are kept until buckets are joined to windows. */
export type SampleKind = 'count' | 'bytes' | 'sum' | 'mean' | 'min' | 'max' | 'spread' | 'first' | 'last' | 'points';

export interface SamplesPlan extends PipelinePlan {
  kind: 'samples';
  sampleKind: SampleKind;
  unwrap?: Unwrap;
  /** Missing: series by all labels that a line has. */
  grouping?: Grouping;
  /** `__error__` was asked for: lines with errors are counted, not refused. */
  preserveErrors: boolean;
  buckets: BucketPlan;
}

/**
 * Windows of `rangeNs` that end at each step, inclusive, and begin after their start. Their ends and starts cut time into buckets, one
 * or two a step, so that a line goes into one bucket however many windows hold it.
 */
export interface BucketPlan {
  /** The end of the first window. */
  startNs: Nanos;
  stepNs: number;
  steps: number;
  rangeNs: number;
}

/** One reading of lines for a metric query. */
export interface Read {
  matchers: readonly Matcher[];
  needles: readonly Needle[];
  /** Whether the lines' text is read at all: counting by time and stream alone does without. */
  needsText: boolean;
  plan: SamplesPlan;
}

/** A query over lines. */
export interface LogPlan {
  kind: 'log';
  matchers: readonly Matcher[];
  needles: readonly Needle[];
  plan: LinesPlan;
}

/** A query over numbers. Nodes refer to what is read by its index. */
export interface MetricPlan {
  kind: 'metric';
  root: PlanNode;
  /** A number that is the same at every step. */
  scalar?: number;
  reads: readonly Read[];
  /** Whether an instant answer is in the order of its values. */
  sortedByValue: boolean;
}

export interface RangeNode {
  kind: 'range';
  read: number;
  op: RangeOp;
  param?: number;
  hasUnwrap: boolean;
  /** Of absent_over_time. */
  absentLabels: Readonly<Record<string, string>>;
}

export interface AggregationNode {
  kind: 'aggregation';
  op: VectorOp;
  expr: PlanNode;
  param: number;
  grouping: Grouping;
}

export interface BinaryNode {
  kind: 'binary';
  op: BinaryOp;
  lhs: PlanNode;
  rhs: PlanNode;
  returnBool: boolean;
  matching: Matching;
}

/** A vector beside a number. */
export interface NumberSideNode {
  kind: 'number_side';
  op: Exclude<BinaryOp, 'and' | 'or' | 'unless'> | ComparisonOp;
  expr: PlanNode;
  value: number;
  /** Whether the number is on the left. */
  isLeft: boolean;
  returnBool: boolean;
}

export interface LabelReplaceNode {
  kind: 'label_replace';
  expr: PlanNode;
  target: string;
  replacement: string;
  source: string;
  pattern: string;
}

export interface VectorNode {
  kind: 'vector';
  value: number;
}

export type PlanNode = RangeNode | AggregationNode | BinaryNode | NumberSideNode | LabelReplaceNode | VectorNode;
