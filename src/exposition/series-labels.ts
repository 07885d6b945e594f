import { BACKSLASH, BRACE_OPEN, COMMA, EQUAL, labelNameEnd, metricNameEnd, QUOTE, SPACE, TAB } from './bytes.ts';
import type { LabelPair, MetricType } from './exposition.ts';
import { openMetricsFloat } from './openmetrics-float.ts';

/**
 * The labels of a series whose bytes the reader has found good, in the order of the page, the metric's name first as `__name__`.
 * Nothing is sorted, and a label that is written twice is there twice. With the type that the page gave last, the bounds of
 * histograms (`le`) and summaries (`quantile`) are written as OpenMetrics writes floats, as Prometheus 3 does it: `1` is `1.0`.
 */
export function seriesLabels(page: Buffer, start: number, end: number, type?: MetricType): LabelPair[] {
  const bare = metricNameEnd(page, start, end);
  const pairs: LabelPair[] = [{ name: '__name__', value: page.toString('latin1', start, bare) }];
  let at = skip(page, bare, end);
  while (at < end) {
    const nameEnd = page[at] === QUOTE ? quotedEnd(page, at, end) : labelNameEnd(page, at, end);
    if (nameEnd === at) break;
    const name = page[at] === QUOTE ? unquoted(page, at, nameEnd) : page.toString('latin1', at, nameEnd);
    at = skip(page, nameEnd, end);
    if (page[at] !== EQUAL) {
      pairs[0] = { name: '__name__', value: name };
    } else {
      at = skip(page, at + 1, end);
      const valueEnd = quotedEnd(page, at, end);
      pairs.push({ name, value: normalized(type, name, unquoted(page, at, valueEnd)) });
      at = skip(page, valueEnd, end);
    }
    if (page[at] === COMMA) at = skip(page, at + 1, end);
  }
  return pairs;
}

function normalized(type: MetricType | undefined, name: string, value: string): string {
  if ((type === 'histogram' && name === 'le') || (type === 'summary' && name === 'quantile'))
    return openMetricsFloat(value) ?? value;
  return value;
}

function skip(page: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (page[at] === SPACE || page[at] === TAB || page[at] === BRACE_OPEN)) at++;
  return at;
}

/** The end of the quoted string that begins at `at`, behind its closing quote. */
function quotedEnd(page: Buffer, at: number, end: number): number {
  let position = at + 1;
  while (position < end && page[position] !== QUOTE) position += page[position] === BACKSLASH ? 2 : 1;
  return position + 1;
}

function unquoted(page: Buffer, start: number, end: number): string {
  return unescaped(page.toString('utf8', start + 1, end - 1));
}

/** `\\`, `\"` and `\n`; any other backslash stands for itself. */
export function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
