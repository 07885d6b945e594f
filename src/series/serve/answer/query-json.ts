import type { Labels, MatrixSeries, QueryResult, QueryValue, VectorSample } from '../../query/query.ts';
import { JsonBytes } from './json-bytes.ts';
import { secondsText, valueText } from './json-number.ts';

/** Bytes are gathered up to about this many before they are given on. */
const pieceBytesMax = 64 * 1024;
/** Room that is made at first: most answers are short. */
const firstBytes = 4 * 1024;
/** As in Prometheus: of each level this many are shown, and how many more there are. */
const annotationsShownMax = 10;

/** The body of a query's answer, in pieces. No piece is larger than the longest label set and a bit more than `pieceBytesMax`. */
export function* queryJson(result: QueryResult, seriesMax: number | undefined, stats?: object): Generator<Buffer> {
  const { value, truncated } = limited(result.value, seriesMax);
  const warnings = truncated ? [...result.warnings, 'results truncated due to limit'] : result.warnings;
  const out = new JsonBytes(firstBytes);
  out.text(`{"status":"success","data":{"resultType":"${value.type}","result":`);
  for (const _ of writeResult(out, value)) if (out.length >= pieceBytesMax) yield out.take();
  out.text(stats === undefined ? '}' : `,"stats":${JSON.stringify(stats)}}`);
  out.text(`${annotationsJson('warnings', warnings)}${annotationsJson('infos', result.infos)}}`);
  yield out.take();
}

function limited(value: QueryValue, seriesMax: number | undefined): { value: QueryValue; truncated: boolean } {
  if (seriesMax === undefined || seriesMax === 0) return { value, truncated: false };
  if (value.type === 'vector' && value.samples.length > seriesMax)
    return { value: { ...value, samples: value.samples.slice(0, seriesMax) }, truncated: true };
  if (value.type === 'matrix' && value.series.length > seriesMax)
    return { value: { ...value, series: value.series.slice(0, seriesMax) }, truncated: true };
  return { value, truncated: false };
}

export function annotationsJson(key: 'warnings' | 'infos', texts: readonly string[]): string {
  if (texts.length === 0) return '';
  const shown = texts.slice(0, annotationsShownMax);
  const more = texts.length - shown.length;
  if (more > 0) shown.push(`${more} more ${key === 'warnings' ? 'warning' : 'info'} annotations omitted`);
  return `,"${key}":${JSON.stringify(shown)}`;
}

/** Stops now and then, so that what was written can be taken. */
function* writeResult(out: JsonBytes, value: QueryValue): Generator<void> {
  switch (value.type) {
    case 'scalar':
      out.text(`[${secondsText(value.timeMs)},"${valueText(value.value)}"]`);
      return;
    case 'string':
      out.text(`[${secondsText(value.timeMs)},${JSON.stringify(value.value)}]`);
      return;
    case 'vector':
      yield* writeVector(out, value.samples);
      return;
    case 'matrix':
      yield* writeMatrix(out, value.series);
  }
}

function* writeVector(out: JsonBytes, samples: readonly VectorSample[]): Generator<void> {
  out.text('[');
  for (let at = 0; at < samples.length; at++) {
    const { labels, timeMs, value } = samples[at]!;
    out.text(at === 0 ? '{"metric":' : ',{"metric":');
    writeLabels(out, labels);
    out.text(',"value"');
    out.point(':', timeMs, value);
    out.text('}');
    yield;
  }
  out.text(']');
}

/** Points that are written without a stop. */
const pointsAtOnce = 1024;

function* writeMatrix(out: JsonBytes, all: readonly MatrixSeries[]): Generator<void> {
  out.text('[');
  for (let series = 0; series < all.length; series++) {
    const { labels, timesMs, values } = all[series]!;
    out.text(series === 0 ? '{"metric":' : ',{"metric":');
    writeLabels(out, labels);
    for (let from = 0; from < timesMs.length; from += pointsAtOnce) {
      if (from === 0) out.text(',"values":');
      out.points(from === 0 ? '[' : ',', timesMs, values, from, Math.min(from + pointsAtOnce, timesMs.length));
      yield;
    }
    if (timesMs.length > 0) out.text(']');
    out.text('}');
    yield;
  }
  out.text(']');
}

function writeLabels(out: JsonBytes, { names, values }: Labels): void {
  out.text('{');
  for (let at = 0; at < names.length; at++) {
    if (at > 0) out.text(',');
    out.quoted(names[at]!);
    out.text(':');
    out.quoted(values[at]!);
  }
  out.text('}');
}

export function labelsJson(labels: Labels): string {
  const out = new JsonBytes(256);
  writeLabels(out, labels);
  return out.take().toString();
}
