/** Words and signs of LogQL, and what Loki calls each in "unexpected …, expecting …". */
export type TokenKind = string;

export interface Token {
  /** `identifier`, `string`, `number`, `duration`, `bytes`, `range`, `flag`, `illegal`, `eof`, or the word or sign itself. */
  kind: TokenKind;
  /** As written; of a string, its value. */
  text: string;
  /** Bytes, or nanoseconds of a duration or range. */
  value: number;
  line: number;
  column: number;
}

export const rangeOps = [
  'count_over_time',
  'rate',
  'rate_counter',
  'bytes_over_time',
  'bytes_rate',
  'avg_over_time',
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
  'absent_over_time',
] as const;
export type RangeOp = (typeof rangeOps)[number];

export const vectorOps = [
  'sum',
  'avg',
  'count',
  'max',
  'min',
  'stddev',
  'stdvar',
  'bottomk',
  'topk',
  'sort',
  'sort_desc',
  'approx_topk',
] as const;
export type VectorOp = (typeof vectorOps)[number];

export const conversions = ['bytes', 'duration', 'duration_seconds'] as const;
export type Conversion = (typeof conversions)[number];

/** Words that mean something only before a parenthesis (or before `by (` and `without (`); elsewhere they are names. */
export const functionWords: ReadonlySet<string> = new Set([
  ...rangeOps,
  ...vectorOps,
  ...conversions,
  'vector',
  'label_replace',
  'ip',
  'variants',
]);

/** Words that are never names. */
export const reservedWords: ReadonlySet<string> = new Set([
  'by',
  'without',
  'bool',
  'offset',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'or',
  'and',
  'unless',
  'unwrap',
  'json',
  'regexp',
  'logfmt',
  'unpack',
  'pattern',
  'label_format',
  'line_format',
  'decolorize',
  'drop',
  'keep',
]);

export const parserFlags: ReadonlySet<string> = new Set(['--strict', '--keep-empty']);

const classNames: Record<string, string> = {
  identifier: 'IDENTIFIER',
  illegal: 'IDENTIFIER',
  string: 'STRING',
  number: 'NUMBER',
  duration: 'DURATION',
  bytes: 'BYTES',
  range: 'RANGE',
  flag: 'FUNCTION_FLAG',
  eof: '$end',
};

/** How an error names a kind of token. */
export function shownKind(kind: TokenKind): string {
  const name = classNames[kind];
  if (name !== undefined) return name;
  if ((conversions as readonly string[]).includes(kind)) return `${kind.toUpperCase()}_CONV`;
  const isNamed = kind === 'ip' || kind === 'label_replace' || !functionWords.has(kind);
  return isNamed ? kind : kind.toUpperCase();
}
