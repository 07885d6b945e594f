import { isUtf8 } from 'node:buffer';
import {
  BACKSLASH,
  BRACE_CLOSE,
  BRACE_OPEN,
  COMMA,
  EQUAL,
  labelNameEnd,
  metricNameEnd,
  NEWLINE,
  QUOTE,
  SPACE,
  TAB,
} from './bytes.ts';
import type { MetricType } from './exposition.ts';
import { NumberReader } from './number-reader.ts';
import { unescaped } from './series-labels.ts';

/** 1 for bytes that need no look inside quotes. */
const plainInQuotes = new Uint8Array(256).fill(1, 0, 0x80);
for (const byte of [QUOTE, BACKSLASH, NEWLINE]) plainInQuotes[byte] = 0;

/** How the two formats differ inside the braces. */
export interface BraceRules {
  /** Blanks may stand between the parts, and labels need no comma between them. */
  blanks: boolean;
  /** A quoted value may hold a newline as it is. */
  newlines: boolean;
}

/**
 * What both formats share: a position on the page and the parts of a line from there. Each method moves `at` behind what it has
 * read and returns true, or leaves `at` on the offending character and says in `problem` what is wrong.
 */
export class LineReader {
  readonly page: Buffer;
  readonly end: number;
  readonly lineBytesMax: number;
  readonly number = new NumberReader();
  at = 0;
  lineStart = 0;
  problem = '';
  seriesStart = 0;
  seriesEnd = 0;
  value = 0;
  timestampMs = Number.NaN;

  constructor(page: Buffer, lineBytesMax: number) {
    this.page = page;
    this.end = page.length;
    this.lineBytesMax = lineBytesMax;
  }

  /** Asked before a line is handed on. */
  tooLong(): boolean {
    if (this.at - this.lineStart <= this.lineBytesMax) return false;
    this.failAt(this.lineStart + this.lineBytesMax, `the line is longer than ${this.lineBytesMax} bytes`);
    return true;
  }

  fail(problem: string): false {
    this.problem = problem;
    return false;
  }

  skipBlanks(): void {
    const { page, end } = this;
    let at = this.at;
    while (at < end && (page[at] === SPACE || page[at] === TAB)) at++;
    this.at = at;
  }

  /** Name and labels, with the name before the braces or quoted inside them. */
  series(rules: BraceRules): boolean {
    const { page, end } = this;
    this.seriesStart = this.at;
    const nameEnd = metricNameEnd(page, this.at, end);
    const named = nameEnd > this.at;
    this.at = nameEnd;
    this.seriesEnd = nameEnd;
    if (rules.blanks) this.skipBlanks();
    if (page[this.at] !== BRACE_OPEN || this.at >= end) return named || this.fail('a metric name is expected');
    if (!this.#braces(rules, named ? 'had' : 'wanted')) return false;
    this.seriesEnd = this.at;
    return true;
  }

  exemplarLabels(rules: BraceRules): boolean {
    return this.#braces(rules, 'none');
  }

  /** From the opening brace to behind the closing one; `name`: whether the metric's name was read, must come, or has no place here. */
  #braces(rules: BraceRules, name: 'had' | 'wanted' | 'none'): boolean {
    const { page, end } = this;
    let hasName = name === 'had';
    this.at++;
    for (;;) {
      if (rules.blanks) this.skipBlanks();
      if (this.at >= end) return this.fail('the braces are not closed');
      const start = this.at;
      const first = page[start];
      if (first === BRACE_CLOSE) break;
      if (first === QUOTE) {
        if (!this.quoted(true)) return false;
      } else {
        this.at = labelNameEnd(page, start, end);
        if (this.at === start) return this.fail('a label name or a closing brace is expected');
      }
      const nameEnd = this.at;
      if (rules.blanks) this.skipBlanks();
      if (first === QUOTE && (page[this.at] === COMMA || page[this.at] === BRACE_CLOSE) && this.at < end) {
        if (name === 'none') return this.failAt(start, 'an exemplar has no metric name');
        if (hasName) return this.failAt(start, 'the metric has a name already');
        if (nameEnd - start === 2) return this.failAt(start, 'the metric name is empty');
        hasName = true;
        if (page[this.at] === COMMA) this.at++;
        continue;
      }
      if (page[this.at] !== EQUAL || this.at >= end)
        return this.fail('an equals sign is expected after the label name');
      this.at++;
      if (rules.blanks) this.skipBlanks();
      if (page[this.at] !== QUOTE || this.at >= end) return this.fail('a quoted label value is expected');
      if (!this.quoted(rules.newlines)) return false;
      if (rules.blanks) this.skipBlanks();
      if (page[this.at] === COMMA) this.at++;
      else if (!rules.blanks && page[this.at] !== BRACE_CLOSE)
        return this.fail('a comma or a closing brace is expected after the label value');
    }
    if (!hasName && name !== 'none') return this.fail('the braces hold no metric name');
    this.at++;
    return true;
  }

  /** From the opening quote to behind the closing one. */
  quoted(newlines: boolean): boolean {
    const { page, end } = this;
    const start = this.at;
    let at = start + 1;
    let ascii = true;
    for (; ; at++) {
      while (at < end && plainInQuotes[page[at]!] === 1) at++;
      if (at >= end) break;
      const byte = page[at]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        const escaped = ++at < end ? page[at]! : 0;
        if (escaped === NEWLINE) return this.failAt(at, 'a backslash stands before a line break');
        if (escaped >= 0x80) ascii = false;
      } else if (byte >= 0x80) ascii = false;
      else if (byte === NEWLINE && !newlines) return this.failAt(start, 'the quote is not closed in its line');
    }
    if (at >= end) return this.failAt(start, 'the quote is not closed');
    if (!ascii && !isUtf8(page.subarray(start, at))) return this.failAt(start, 'the text is not valid UTF-8');
    this.at = at + 1;
    return true;
  }

  failAt(at: number, problem: string): false {
    this.at = at;
    return this.fail(problem);
  }

  /** The rest of the line, without its newline; `at` is left on the newline. */
  restOfLine(): { start: number; end: number } {
    const start = this.at;
    const found = this.page.indexOf(NEWLINE, start);
    this.at = found < 0 ? this.end : found;
    return { start, end: this.at };
  }

  /** The name in `# HELP`, `# TYPE` and `# UNIT`; empty where it is not `wanted`. Undefined: there is none, see `problem`. */
  metadataName(wanted = true): string | undefined {
    const { page, end } = this;
    const start = this.at;
    if (start < end && page[start] === QUOTE) {
      if (!this.quoted(true)) return undefined;
      return unescaped(page.toString('utf8', start + 1, this.at - 1));
    }
    this.at = metricNameEnd(page, start, end);
    if (this.at > start) return wanted ? page.toString('latin1', start, this.at) : '';
    this.fail('a metric name is expected');
    return undefined;
  }
}

const textTypes: Record<string, MetricType> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
};

export const textTypeOf = new Map<string, MetricType>(Object.entries({ ...textTypes, untyped: 'unknown' }));
export const openMetricsTypeOf = new Map<string, MetricType>(
  Object.entries({
    ...textTypes,
    gaugehistogram: 'gaugehistogram',
    info: 'info',
    stateset: 'stateset',
    unknown: 'unknown',
  }),
);
