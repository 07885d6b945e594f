import { quote } from '../../../base/go-quote.ts';

export const aggregators = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] as const;
export type Aggregator = (typeof aggregators)[number];

const wordOperators = ['and', 'or', 'unless', 'atan2'] as const;
const symbolOperators = [
  '-',
  '+',
  '*',
  '%',
  '/',
  '==',
  '!=',
  '<=',
  '<',
  '>=',
  '>',
  '</',
  '>/',
  '=~',
  '!~',
  '^',
  '@',
] as const;
const keywords = [
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
] as const;
const contextWords = ['start', 'end', 'step', 'range', 'max_of', 'min_of'] as const;
const punctuation = ['(', ')', '{', '}', '[', ']', ',', '=', ':'] as const;

export type FixedKind =
  | Aggregator
  | (typeof wordOperators)[number]
  | (typeof symbolOperators)[number]
  | (typeof keywords)[number]
  | (typeof contextWords)[number]
  | (typeof punctuation)[number];
export type TokenKind =
  | FixedKind
  | 'identifier'
  | 'metric identifier'
  | 'string'
  | 'number'
  | 'duration'
  | 'end of input'
  | 'error';

export interface Token {
  kind: TokenKind;
  /** As written; for `error` the message. */
  text: string;
  start: number;
}

const operatorSet: ReadonlySet<string> = new Set([...wordOperators, ...symbolOperators]);
const keywordSet: ReadonlySet<string> = new Set(keywords);
const aggregatorSet: ReadonlySet<string> = new Set(aggregators);
const punctuationSet: ReadonlySet<string> = new Set(punctuation);
const words: ReadonlySet<string> = new Set([...wordOperators, ...keywords, ...aggregators, ...contextWords]);

/** Keywords that may still be a metric's name where an operand is expected. */
export const metricNameWords: ReadonlySet<string> = new Set([
  ...aggregators,
  ...contextWords,
  'and',
  'or',
  'unless',
  'by',
  'without',
  'offset',
  'fill',
  'fill_left',
  'fill_right',
  'anchored',
  'smoothed',
]);

/** What a word means outside braces. */
export function wordKind(word: string): TokenKind {
  const lower = word.toLowerCase();
  if (lower === 'inf' || lower === 'nan') return 'number';
  if (words.has(lower)) return lower as FixedKind;
  return word.includes(':') ? 'metric identifier' : 'identifier';
}

export function isWord(kind: TokenKind): boolean {
  return words.has(kind);
}

export function isAggregator(kind: TokenKind): kind is Aggregator {
  return aggregatorSet.has(kind);
}

export function tokenEnd(token: Token): number {
  return token.start + token.text.length;
}

/** The token as an error message names it. */
export function describe(token: Token): string {
  if (token.kind === 'end of input') return 'end of input';
  if (words.has(token.kind) || operatorSet.has(token.kind) || punctuationSet.has(token.kind)) return shown(token);
  return `${token.kind} ${shown(token)}`;
}

function shown({ kind, text }: Token): string {
  if (kind === 'identifier' || kind === 'metric identifier') return quote(text);
  if (keywordSet.has(kind)) return `<${text}>`;
  if (operatorSet.has(kind)) return `<op:${text}>`;
  if (aggregatorSet.has(kind)) return `<aggr:${text}>`;
  return text.length > 10 ? `${quote(text.slice(0, 10))}...` : quote(text);
}
