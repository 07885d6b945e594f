import type { Conversion, RangeOp, VectorOp } from './token.ts';

/** A query as plain data: it can be cloned, sent to a thread, and printed. Durations are in nanoseconds. */
export type Expr = LogExpr | MetricExpr | VariantsExpr;

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** A condition on a label; a missing label has the empty value. */
export interface Matcher {
  name: string;
  op: MatchOp;
  value: string;
}

/** Lines of the streams that match, as the stages leave them. */
export interface LogExpr {
  kind: 'log';
  matchers: Matcher[];
  stages: Stage[];
}

export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** Keeps lines that hold one of the terms; with a `!`, lines that hold none. */
export interface LineFilterStage {
  kind: 'line_filter';
  op: LineFilterOp;
  terms: { text: string; isIp: boolean }[];
}

/** `name="expression"` of json and logfmt. */
export interface Extraction {
  name: string;
  expression: string;
}

export type ComparisonOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

export type LabelFilter =
  | ({ kind: 'matcher' } & Matcher)
  | { kind: 'number' | 'duration' | 'bytes'; name: string; op: ComparisonOp; value: number }
  | { kind: 'ip'; name: string; op: '=' | '!='; value: string }
  | { kind: 'and' | 'or'; left: LabelFilter; right: LabelFilter };

/** One `target=source` or `target="template"`. */
export type LabelFormat = { name: string; from: string } | { name: string; template: string };

/** A name alone, or a name whose value must match. */
export type NamedMatcher = { name: string } | Matcher;

export type Stage =
  | LineFilterStage
  | { kind: 'json'; extractions: Extraction[] }
  | { kind: 'logfmt'; strict: boolean; keepEmpty: boolean; extractions: Extraction[] }
  | { kind: 'regexp'; pattern: string }
  | { kind: 'pattern'; pattern: string }
  | { kind: 'unpack' }
  | { kind: 'decolorize' }
  | { kind: 'label_filter'; filter: LabelFilter }
  | { kind: 'line_format'; template: string }
  | { kind: 'label_format'; formats: LabelFormat[] }
  | { kind: 'drop'; labels: NamedMatcher[] }
  | { kind: 'keep'; labels: NamedMatcher[] };

export interface Unwrap {
  label: string;
  conversion?: Conversion;
  /** Applied after the conversion, so that its errors can be left out. */
  filters: LabelFilter[];
}

/** Lines of a window that ends at each step; `offsetNs` before it. */
export interface LogRange {
  log: LogExpr;
  unwrap?: Unwrap;
  intervalNs: number;
  offsetNs: number;
}

export interface Grouping {
  without: boolean;
  labels: string[];
}

export interface RangeAggregation {
  kind: 'range_aggregation';
  op: RangeOp;
  /** Of quantile_over_time. */
  param?: number;
  range: LogRange;
  grouping?: Grouping;
}

export interface VectorAggregation {
  kind: 'vector_aggregation';
  op: VectorOp;
  /** Of topk and its like. */
  param?: number;
  expr: MetricExpr;
  grouping?: Grouping;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

export interface Matching {
  on: boolean;
  labels: string[];
  cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many';
  /** Labels of the "one" side that the result takes over. */
  include: string[];
}

export interface BinaryExpr {
  kind: 'binary';
  op: BinaryOp;
  lhs: MetricExpr;
  rhs: MetricExpr;
  returnBool: boolean;
  /** Missing: by all labels. */
  matching?: Matching;
}

export interface LiteralExpr {
  kind: 'literal';
  value: number;
}

export interface VectorExpr {
  kind: 'vector';
  value: number;
}

export interface LabelReplace {
  kind: 'label_replace';
  expr: MetricExpr;
  target: string;
  replacement: string;
  source: string;
  pattern: string;
}

export type MetricExpr = RangeAggregation | VectorAggregation | BinaryExpr | LiteralExpr | VectorExpr | LabelReplace;

/** Several aggregations over one reading of the same lines. Parsed and printed; Loki has taken it back, and it is not run. */
export interface VariantsExpr {
  kind: 'variants';
  variants: MetricExpr[];
  of: LogRange;
}
