import type { GeneratedQuery } from './queries.ts';

/**
 * Relative. V8's and Go's elementary functions are an ulp apart, and Prometheus adds series up in the order in which it came to know
 * them: a variance of numbers that are large beside it (times) shows that most.
 */
const toleranceMax = 1e-7;

export interface Compared {
  query: GeneratedQuery;
  /** Empty: the same. */
  difference: string;
  isEmpty: boolean;
  isError: boolean;
  /** Largest relative difference of two values that count as the same. */
  apart: number;
}

interface Answer {
  status: string;
  data?: { resultType: string; result: unknown };
  errorType?: string;
  error?: string;
  warnings?: string[];
  infos?: string[];
}

export async function compare(query: GeneratedQuery, ours: string, theirs: string): Promise<Compared> {
  const [a, b] = await Promise.all([ask(ours, query), ask(theirs, query)]);
  const values = differenceOf(a, b);
  const result = b.data?.result;
  return {
    query,
    difference: values.difference || (a.status === b.status ? annotationDifference(a, b) : ''),
    isEmpty: Array.isArray(result) && result.length === 0,
    isError: b.status === 'error',
    apart: values.apart,
  };
}

async function ask(url: string, { query, startMs, endMs, stepMs }: GeneratedQuery): Promise<Answer> {
  const seconds = (ms: number) => String(ms / 1000);
  const form = new URLSearchParams(
    stepMs === 0
      ? { query, time: seconds(startMs) }
      : { query, start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) },
  );
  const path = stepMs === 0 ? 'query' : 'query_range';
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: form });
  return (await response.json()) as Answer;
}

function differenceOf(a: Answer, b: Answer): { difference: string; apart: number } {
  const same = { difference: '', apart: 0 };
  const differ = (difference: string) => ({ difference, apart: 0 });
  if (a.status === 'error' && b.status !== 'error' && a.error!.includes(laterRefusal)) return same;
  if (a.status !== 'error' && b.status === 'error' && b.error === laterTaken) return same;
  if (a.status !== b.status) return differ(`${a.status} (${a.error ?? ''}) instead of ${b.status} (${b.error ?? ''})`);
  if (a.status === 'error') {
    const [ours, theirs] = [a, b].map(({ errorType, error }) => `${errorType}: ${withoutExamples(error!)}`);
    return ours === theirs ? same : differ(`error ${ours} instead of ${theirs}`);
  }
  if (a.data!.resultType !== b.data!.resultType)
    return differ(`${a.data!.resultType} instead of ${b.data!.resultType}`);
  const ours = flat(a.data!.result);
  const theirs = flat(b.data!.result);
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    if (ours.get(key) === undefined) return differ(`${key} is missing; there it is ${theirs.get(key)}`);
    if (theirs.get(key) === undefined) return differ(`${key} is ${ours.get(key)}; there it is missing`);
  }
  let apart = 0;
  for (const [key, value] of ours) {
    const other = theirs.get(key)!;
    if (value === other) continue;
    const distance = relative(Number(value), Number(other));
    if (!(distance <= toleranceMax)) return differ(`${key} is ${value} instead of ${other}`);
    apart = Math.max(apart, distance);
  }
  return { difference: '', apart };
}

/**
 * After 3.5 Prometheus refuses it also where a comparison leaves at most one of the series that match; the conformance suite
 * (operators.test) asks for it.
 */
const laterRefusal = 'multiple matches for labels: many-to-one matching must be explicit';

/** After 3.5 series that lose their name and are then equal, but never at the same step, are joined to one. */
const laterTaken = 'vector cannot contain metrics with the same labelset';

/** Which of several series an error names is the order of a Go map. */
function withoutExamples(error: string): string {
  return error.replace(/found duplicate series for the match group .*/s, 'found duplicate series for the match group');
}

function relative(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

/** Each value under its labels and time. */
function flat(result: unknown): Map<string, string> {
  const values = new Map<string, string>();
  if (!Array.isArray(result)) return values;
  if (typeof result[0] === 'number') return values.set(`${result[0]}`, result[1]);
  for (const { metric, value, values: points } of result as {
    metric: Record<string, string>;
    value?: [number, string];
    values?: [number, string][];
  }[]) {
    const labels = JSON.stringify(Object.fromEntries(Object.entries(metric).sort()));
    for (const [time, text] of points ?? (value ? [value] : [])) values.set(`${labels} @${time}`, text);
  }
  return values;
}

function annotationDifference(a: Answer, b: Answer): string {
  for (const kind of ['warnings', 'infos'] as const) {
    const [ours, theirs] = [a, b].map((answer) => JSON.stringify(asIn35(answer[kind] ?? []).sort()));
    if (ours !== theirs) return `${kind} ${ours} instead of ${theirs}`;
  }
  return '';
}

/**
 * Our annotations are worded as those of the Prometheus whose scripts are our conformance suite, which came after 3.5:
 * the monotonicity info then said between which buckets, once for all metrics, and sorting in a range query was warned of.
 */
function asIn35(texts: readonly string[]): string[] {
  const worded = texts
    .filter((text) => !text.startsWith('PromQL warning: sort is ineffective for range queries'))
    .map((text) => text.replace(/(fixed for monotonicity \(see [^)]*\)).*$/, '$1'));
  return [...new Set(worded)];
}
