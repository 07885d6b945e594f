import { isUtf8 } from 'node:buffer';
import { BRACE_OPEN, HASH, NEWLINE, SPACE } from './bytes.ts';
import type { ExpositionSink } from './exposition.ts';
import { type BraceRules, type LineReader, openMetricsTypeOf } from './line-reader.ts';
import { unescaped } from './series-labels.ts';

const rules: BraceRules = { blanks: false, newlines: false };

/**
 * One line of OpenMetrics 1.0, from its first character to its newline. False: see `problem`. The page's last line, `# EOF`,
 * is the caller's. The grammar is Prometheus 3's (model/textparse/openmetricslex.l, openmetricsparse.go).
 */
export function readOpenMetricsLine(reader: LineReader, sink: ExpositionSink): boolean {
  if (reader.page[reader.at] === HASH) return readMetadata(reader, sink);
  if (!reader.series(rules)) return false;
  const { seriesStart, seriesEnd } = reader;
  if (!readSpacedNumber(reader, 'a space and a value are expected after the series')) return false;
  const { value } = reader.number;
  let timestampMs = Number.NaN;
  if (atTimestamp(reader)) {
    if (!readSeconds(reader)) return false;
    timestampMs = Math.trunc(reader.number.value * 1000);
  }
  if (atExemplar(reader) && !skipExemplar(reader)) return false;
  if (!atNewline(reader) || reader.tooLong()) return false;
  sink.sample(seriesStart, seriesEnd, value, timestampMs, Number.NaN);
  return true;
}

function atNewline(reader: LineReader): boolean {
  if (reader.at >= reader.end) return reader.fail('the page is cut: it does not end with # EOF');
  return reader.page[reader.at] === NEWLINE || reader.fail('a timestamp, an exemplar or the line’s end is expected');
}

function atExemplar({ page, at, end }: LineReader): boolean {
  return (
    at + 3 < end && page[at] === SPACE && page[at + 1] === HASH && page[at + 2] === SPACE && page[at + 3] === BRACE_OPEN
  );
}

function atTimestamp(reader: LineReader): boolean {
  return reader.at < reader.end && reader.page[reader.at] === SPACE && !atExemplar(reader);
}

/** A space, and a number that goes on to the next space or newline. */
function readSpacedNumber(reader: LineReader, problem: string): boolean {
  const { page, end } = reader;
  if (reader.at >= end || page[reader.at] !== SPACE) return reader.fail(problem);
  const start = reader.at + 1;
  let at = start;
  while (at < end && page[at] !== SPACE && page[at] !== NEWLINE) at++;
  if (at === start) return reader.failAt(start, problem);
  if (!reader.number.read(page, start, at)) return reader.failAt(start, 'this is not a number that a double holds');
  reader.at = at;
  return true;
}

function readSeconds(reader: LineReader): boolean {
  const start = reader.at + 1;
  if (!readSpacedNumber(reader, 'a timestamp is expected')) return false;
  return (
    Number.isFinite(reader.number.value) || reader.failAt(start, 'the timestamp is not a finite number of seconds')
  );
}

/** Exemplars are checked and not kept. */
function skipExemplar(reader: LineReader): boolean {
  reader.at += 3;
  return (
    reader.exemplarLabels(rules) &&
    readSpacedNumber(reader, 'a space and a value are expected after the exemplar’s labels') &&
    (reader.page[reader.at] !== SPACE || readSeconds(reader))
  );
}

function readMetadata(reader: LineReader, sink: ExpositionSink): boolean {
  const { page } = reader;
  const keyword = page.toString('latin1', reader.at, reader.at + 7);
  if (keyword !== '# HELP ' && keyword !== '# TYPE ' && keyword !== '# UNIT ')
    return reader.fail('OpenMetrics has no comments; # HELP, # TYPE, # UNIT or # EOF is expected');
  reader.at += 7;
  const name = reader.metadataName();
  if (name === undefined) return false;
  if (page[reader.at] !== SPACE) return reader.fail('a space and a text are expected after the metric name');
  reader.at++;
  const { start, end } = reader.restOfLine();
  if (end >= reader.end) return reader.fail('the page is cut: it does not end with # EOF');
  if (reader.tooLong()) return false;
  const text = page.subarray(start, end);
  if (keyword === '# HELP ') {
    if (!isUtf8(text)) return reader.failAt(start, 'the help text is not valid UTF-8');
    sink.metadata?.('help', name, unescaped(text.toString()));
    return true;
  }
  return keyword === '# TYPE '
    ? readType(reader, sink, name, text.toString(), start)
    : readUnit(reader, sink, name, text.toString(), start);
}

function readType(reader: LineReader, sink: ExpositionSink, name: string, text: string, start: number): boolean {
  const type = openMetricsTypeOf.get(text);
  if (!type) return reader.failAt(start, `the type is none of ${[...openMetricsTypeOf.keys()].join(', ')}`);
  sink.metadata?.('type', name, type);
  return true;
}

function readUnit(reader: LineReader, sink: ExpositionSink, name: string, unit: string, start: number): boolean {
  if (unit !== '' && !name.endsWith(`_${unit}`))
    return reader.failAt(start, 'the unit is not the end of the metric name');
  sink.metadata?.('unit', name, unit);
  return true;
}
