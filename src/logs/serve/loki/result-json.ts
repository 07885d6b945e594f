import { formatPlain } from '../../../base/go-float.ts';
import type { QueryResult, StreamResult } from '../../query/query.ts';
import { statsOf } from './stats.ts';

export const categorizeFlag = 'categorize-labels';

export interface AnswerForm {
  /** Whether a line's labels are told by where they come from: `X-Loki-Response-Encoding-Flags: categorize-labels`. */
  categorized: boolean;
  /** The order of a stream's lines. */
  direction: 'forward' | 'backward';
}

/** The answer to a query, in pieces that are not larger than some entries. */
export function* resultJson({ value, statistics, warnings }: QueryResult, form: AnswerForm): Generator<string> {
  const said = warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}` : '';
  // Grafana reads an answer as it comes: what tells the form of the result must stand before it.
  const flags = form.categorized ? `,"encodingFlags":["${categorizeFlag}"]` : '';
  yield `{"status":"success"${said},"data":{"resultType":"${value.type}"${flags},"result":`;
  let returned = 0;
  if (value.type === 'streams') {
    returned = value.streams.reduce((sum, { entries }) => sum + entries.length, 0);
    yield* list(joined(value.streams, form).map((stream) => streamJson(stream, form)));
  } else if (value.type === 'vector') {
    yield* list(
      value.samples.map(({ labels, timeMs, value }) => {
        return `{"metric":${sortedJson(labels)},"value":${sampleJson(timeMs, value)}}`;
      }),
    );
  } else if (value.type === 'matrix') {
    yield* list(
      value.series.map(({ labels, timesMs, values }) => {
        const samples = values.map((value, at) => sampleJson(timesMs[at]!, value));
        return `{"metric":${sortedJson(labels)},"values":[${samples.join(',')}]}`;
      }),
    );
  } else yield sampleJson(value.timeMs, value.value);
  yield `,"stats":${JSON.stringify(statsOf(statistics, returned))}}}`;
}

/** A message of a tail. */
export function streamsJson(streams: readonly StreamResult[], form: AnswerForm): string {
  const shown = joined(streams, form).map((stream) => streamJson(stream, form));
  const flags = form.categorized ? `,"encodingFlags":["${categorizeFlag}"]` : '';
  return `{"streams":[${shown.join(',')}]${flags}}`;
}

function* list(items: Iterable<string>): Generator<string> {
  yield '[';
  let separator = '';
  for (const item of items) {
    yield separator + item;
    separator = ',';
  }
  yield ']';
}

interface ShownStream {
  labels: Record<string, string>;
  entries: { timeNs: bigint; line: string; from: StreamResult }[];
}

/** What differs in categories alone is one stream to a client. */
function joined(streams: readonly StreamResult[], { categorized, direction }: AnswerForm): ShownStream[] {
  const shown = new Map<string, ShownStream & { parts: number }>();
  for (const from of streams) {
    const labels = categorized ? from.categorized.stream : from.labels;
    const key = sortedJson(labels);
    const entries = from.entries.map(({ timeNs, line }) => ({ timeNs, line, from }));
    const known = shown.get(key);
    if (known === undefined) shown.set(key, { labels, entries, parts: 1 });
    else {
      known.entries = known.entries.concat(entries);
      known.parts++;
    }
  }
  const isForward = direction === 'forward';
  for (const { entries, parts } of shown.values()) {
    if (parts > 1) entries.sort((a, b) => (a.timeNs === b.timeNs ? 0 : a.timeNs < b.timeNs === isForward ? -1 : 1));
  }
  return [...shown.values()];
}

function streamJson({ labels, entries }: ShownStream, { categorized }: AnswerForm): string {
  const values = entries.map(({ timeNs, line, from }) => {
    const pair = `"${timeNs}",${JSON.stringify(line.toWellFormed())}`;
    return categorized ? `[${pair},${categoriesJson(from)}]` : `[${pair}]`;
  });
  return `{"stream":${sortedJson(labels)},"values":[${values.join(',')}]}`;
}

function categoriesJson({ categorized: { metadata, parsed } }: StreamResult): string {
  const parts = [];
  if (Object.keys(metadata).length > 0) parts.push(`"structuredMetadata":${sortedJson(metadata)}`);
  if (Object.keys(parsed).length > 0) parts.push(`"parsed":${sortedJson(parsed)}`);
  return `{${parts.join(',')}}`;
}

export function sortedJson(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** Seconds with their milliseconds, and the value as a text. */
export function sampleJson(timeMs: number, value: number): string {
  return `[${timeMs / 1000},"${formatPlain(value)}"]`;
}
