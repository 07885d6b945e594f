import type { Labels, MatrixSeries, QueryResult, QueryValue } from '../../query/query.ts';
import { secondsText, valueText } from './json-number.ts';

/** Text is gathered up to about this length before it becomes bytes. */
const pieceCharsMax = 64 * 1024;
/** As in Prometheus: of each level this many are shown, and how many more there are. */
const annotationsShownMax = 10;

/** The body of a query's answer, in pieces. No piece is larger than the longest label set and a bit more than `pieceCharsMax`. */
export function* queryJson(result: QueryResult, seriesMax: number | undefined, stats?: object): Generator<Buffer> {
  const { value, truncated } = limited(result.value, seriesMax);
  const warnings = truncated ? [...result.warnings, 'results truncated due to limit'] : result.warnings;
  let text = `{"status":"success","data":{"resultType":"${value.type}","result":`;
  for (const part of resultParts(value)) {
    text += part;
    if (text.length < pieceCharsMax) continue;
    yield Buffer.from(text);
    text = '';
  }
  text += stats === undefined ? '}' : `,"stats":${JSON.stringify(stats)}}`;
  yield Buffer.from(`${text}${annotationsJson('warnings', warnings)}${annotationsJson('infos', result.infos)}}`);
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

function* resultParts(value: QueryValue): Generator<string> {
  switch (value.type) {
    case 'scalar':
      yield `[${secondsText(value.timeMs)},"${valueText(value.value)}"]`;
      return;
    case 'string':
      yield `[${secondsText(value.timeMs)},${JSON.stringify(value.value)}]`;
      return;
    case 'vector': {
      let separator = '[';
      for (const { labels, timeMs, value: number } of value.samples) {
        yield `${separator}{"metric":${labelsJson(labels)},"value":[${secondsText(timeMs)},"${valueText(number)}"]}`;
        separator = ',';
      }
      yield value.samples.length === 0 ? '[]' : ']';
      return;
    }
    case 'matrix':
      yield* matrixParts(value.series);
  }
}

function* matrixParts(all: readonly MatrixSeries[]): Generator<string> {
  const steps = new StepTexts(all);
  let separator = '[';
  for (const { labels, timesMs, values } of all) {
    let text = `${separator}{"metric":${labelsJson(labels)}`;
    separator = ',';
    steps.rewind();
    for (let at = 0; at < timesMs.length; at++) {
      text += `${at === 0 ? ',"values":[' : ','}${steps.of(timesMs[at]!)}${valueText(values[at]!)}"]`;
      if (text.length < pieceCharsMax) continue;
      yield text;
      text = '';
    }
    yield timesMs.length === 0 ? `${text}}` : `${text}]}`;
  }
  yield all.length === 0 ? '[]' : ']';
}

/** What stands before a value, by its time. The series of a range query share their steps, which are written once. */
class StepTexts {
  readonly #timesMs: Float64Array;
  readonly #texts: string[] = [];
  #at = 0;

  constructor(all: readonly MatrixSeries[]) {
    this.#timesMs = all.reduce<Float64Array>(
      (longest, { timesMs }) => (timesMs.length > longest.length ? timesMs : longest),
      new Float64Array(),
    );
  }

  rewind(): void {
    this.#at = 0;
  }

  /** Times come in ascending order until `rewind`. */
  of(timeMs: number): string {
    const timesMs = this.#timesMs;
    let at = this.#at;
    while (at < timesMs.length && timesMs[at]! < timeMs) at++;
    this.#at = at;
    if (timesMs[at] !== timeMs) return textBefore(timeMs);
    return (this.#texts[at] ??= textBefore(timeMs));
  }
}

function textBefore(timeMs: number): string {
  return `[${secondsText(timeMs)},"`;
}

export function labelsJson({ names, values }: Labels): string {
  let text = '{';
  for (let at = 0; at < names.length; at++) {
    text += `${at === 0 ? '' : ','}${JSON.stringify(names[at])}:${JSON.stringify(values[at])}`;
  }
  return `${text}}`;
}
