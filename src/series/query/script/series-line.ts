import { unquote } from '../../../base/go-quote.ts';
import { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import { Lexer } from '../syntax/lexer.ts';
import { numberValue } from '../syntax/number-scanner.ts';
import { type Token, tokenEnd } from '../syntax/token.ts';

/** A value of a sequence: a number, a staleness marker, a native histogram, or nothing. */
export type SequenceValue = number | 'stale' | 'histogram' | 'omitted';

export interface SeriesLine {
  labels: Labels;
  values: SequenceValue[];
}

/** Values that one line may expand to. */
const valuesMax = 1_000_000;
const NUMBER = '(?:[0-9]+[.]?[0-9]*(?:[eE][+-]?[0-9]+)?|[.][0-9]+(?:[eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN])';
const NUMBERS = new RegExp(`^([+-]?${NUMBER})(?:([+-]${NUMBER})?x([0-9]+))?$`);
const HISTOGRAM = /^\{\{.*?\}\}(?:(?:[+-]\{\{.*?\}\})?x([0-9]+))?$/;

/** `metric{label="value"} 1 2+3x4 _ stale`. Throws an Error that says what is wrong. */
export function parseSeriesLine(line: string): SeriesLine {
  const { labels, end } = parseMetric(line);
  return { labels, values: parseValues(line.slice(end)) };
}

/** A metric at the beginning of a line, and where it ends. */
export function parseMetric(line: string): { labels: Labels; end: number } {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
  if (line[name.length] !== '{') {
    if (name === '' || !/^(?:\s|@|$)/.test(line.slice(name.length))) throw new Error(`not a series: ${line}`);
    return { labels: Labels.of({ [metricName]: name }), end: name.length };
  }
  const lexer = new Lexer(line.slice(name.length));
  const pairs: [string, string][] = name === '' ? [] : [[metricName, name]];
  lexer.next();
  for (let token = lexer.next(); token.kind !== '}'; token = lexer.next()) {
    if (token.kind === ',') continue;
    if (token.kind !== 'identifier' && token.kind !== 'string')
      throw new Error(`unexpected ${token.text} in label set`);
    const label = token.kind === 'string' ? text(token) : token.text;
    const after = lexer.next();
    if (after.kind === '}' || after.kind === ',') {
      pairs.push([metricName, label]);
      if (after.kind === '}') return { labels: Labels.from(pairs), end: name.length + tokenEnd(after) };
    } else if (after.kind === '=') pairs.push([label, text(lexer.next())]);
    else throw new Error(`unexpected ${after.text} in label set, expected "="`);
  }
  const rest = line.slice(name.length);
  return { labels: Labels.from(pairs), end: name.length + closingBrace(rest) };
}

function text(token: Token): string {
  const value = token.kind === 'string' ? unquote(token.text) : undefined;
  if (value === undefined) throw new Error(`unexpected ${token.text} in label set, expected string`);
  return value;
}

/** Just behind the brace that closes the first one. */
function closingBrace(rest: string): number {
  const lexer = new Lexer(rest);
  for (;;) {
    const token = lexer.next();
    if (token.kind === '}') return tokenEnd(token);
    if (token.kind === 'error' || token.kind === 'end of input') throw new Error(`unclosed label set in ${rest}`);
  }
}

function parseValues(sequence: string): SequenceValue[] {
  const items = sequence.trim() === '' ? [] : sequence.trim().match(/(?:\{\{.*?\}\}|\S)+/g)!;
  const values = items.flatMap(parseItem);
  if (values.length > valuesMax) throw new Error(`a series has more than ${valuesMax} values`);
  return values;
}

function parseItem(item: string): SequenceValue[] {
  if (item === 'stale') return ['stale'];
  const blank = /^_(?:x([0-9]+))?$/.exec(item);
  if (blank !== null) return repeated('omitted', blank[1] === undefined ? 1 : Number(blank[1]));
  const histogram = HISTOGRAM.exec(item);
  if (histogram !== null) return repeated('histogram', histogram[1] === undefined ? 1 : Number(histogram[1]) + 1);
  const numbers = NUMBERS.exec(item);
  if (numbers === null)
    throw new Error(`unexpected ${JSON.stringify(item)} in series values, expected number or "stale"`);
  return arithmetic(signed(numbers[1]!), numbers[2] === undefined ? 0 : signed(numbers[2]), numbers[3]);
}

function repeated(value: SequenceValue, times: number): SequenceValue[] {
  if (times > valuesMax) throw new Error(`a series has more than ${valuesMax} values`);
  return new Array<SequenceValue>(times).fill(value);
}

/** `1+2x3` is 1 3 5 7: one more than the number of repetitions. */
function arithmetic(first: number, increment: number, times: string | undefined): number[] {
  if (times === undefined) return [first];
  if (Number(times) > valuesMax) throw new Error(`a series has more than ${valuesMax} values`);
  const values: number[] = [];
  for (let value = first; values.length <= Number(times); value += increment) values.push(value);
  return values;
}

function signed(written: string): number {
  const value = numberValue(written.replace(/^[+-]/, ''));
  if (typeof value === 'string') throw new Error(value);
  return written.startsWith('-') ? -value : value;
}
