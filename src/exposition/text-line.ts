import { isUtf8 } from 'node:buffer';
import { BRACE_OPEN, HASH, NEWLINE, NINE, SPACE, TAB, ZERO } from './bytes.ts';
import type { ExpositionSink } from './exposition.ts';
import { type BraceRules, type LineReader, textTypeOf } from './line-reader.ts';

const rules: BraceRules = { blanks: true, newlines: true };
/** Timestamps are signed numbers of 64 bits in Go. */
const timestampMsMax = 2 ** 63;

/**
 * One line of the text format 0.0.4, from its first character to its newline or the page's end. False: see `problem`.
 * The grammar is Prometheus 3's (model/textparse/promlex.l, promparse.go), with two differences: blanks before a name do not
 * become part of it, and a NUL at the beginning of a line is a fault, where Prometheus takes it for the end of the page.
 */
export function readTextLine(reader: LineReader, sink: ExpositionSink): boolean {
  const { page, end } = reader;
  reader.skipBlanks();
  if (reader.at >= end || page[reader.at] === NEWLINE) return true;
  if (page[reader.at] === HASH) return readComment(reader, sink);
  if (!reader.series(rules) || !readValue(reader) || !readTimestamp(reader) || reader.tooLong()) return false;
  sink.sample(reader.seriesStart, reader.seriesEnd, reader.value, reader.timestampMs, Number.NaN);
  return true;
}

function readValue(reader: LineReader): boolean {
  const { page, end } = reader;
  reader.skipBlanks();
  const start = reader.at;
  let at = start;
  while (at < end) {
    const byte = page[at];
    if (byte === SPACE || byte === NEWLINE || byte === TAB || byte === BRACE_OPEN) break;
    at++;
  }
  if (at === start) return reader.fail('a value is expected after the series');
  if (!reader.number.read(page, start, at)) return reader.fail('the value is not a number that a double holds');
  reader.value = reader.number.value;
  reader.at = at;
  return true;
}

function readTimestamp(reader: LineReader): boolean {
  const { page, end } = reader;
  reader.skipBlanks();
  reader.timestampMs = Number.NaN;
  const start = reader.at;
  if (start >= end || page[start] === NEWLINE) return true;
  let at = start;
  let timestampMs = 0;
  while (at < end && page[at]! >= ZERO && page[at]! <= NINE) timestampMs = timestampMs * 10 + (page[at++]! - ZERO);
  if (at === start) return reader.fail('a timestamp (whole milliseconds, not negative) or the line’s end is expected');
  if (timestampMs >= timestampMsMax) return reader.fail('the timestamp does not fit into 64 bits');
  reader.at = at;
  reader.timestampMs = timestampMs;
  reader.skipBlanks();
  return (
    reader.at >= end || page[reader.at] === NEWLINE || reader.fail('the line’s end is expected after the timestamp')
  );
}

const helpWord = Buffer.from('HELP');
const typeWord = Buffer.from('TYPE');

/** With a blank behind it. */
function isWord(page: Buffer, at: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i++) if (page[at + i] !== word[i]) return false;
  const behind = page[at + word.length];
  return behind === SPACE || behind === TAB;
}

/** `# HELP` and `# TYPE`, or a comment of whatever else. */
function readComment(reader: LineReader, sink: ExpositionSink): boolean {
  const { page } = reader;
  reader.at++;
  const hash = reader.at;
  reader.skipBlanks();
  const isHelp = reader.at > hash && isWord(page, reader.at, helpWord);
  if (!isHelp && !(reader.at > hash && isWord(page, reader.at, typeWord))) {
    reader.restOfLine();
    return !reader.tooLong();
  }
  reader.at += helpWord.length + 1;
  reader.skipBlanks();
  const name = reader.metadataName(sink.metadata !== undefined);
  if (name === undefined) return false;
  const { start, end } = reader.restOfLine();
  if (reader.tooLong()) return false;
  return isHelp ? readHelp(reader, sink, name, start + 1, end) : readType(reader, sink, name, start + 1, end);
}

function isAscii(page: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (page[at]! >= 0x80) return false;
  return true;
}

function readHelp(reader: LineReader, sink: ExpositionSink, name: string, start: number, end: number): boolean {
  if (!isAscii(reader.page, start, end) && !isUtf8(reader.page.subarray(start, end)))
    return reader.failAt(start, 'the help text is not valid UTF-8');
  if (sink.metadata)
    sink.metadata('help', name, unescapedHelp(start < end ? reader.page.toString('utf8', start, end) : ''));
  return true;
}

function readType(reader: LineReader, sink: ExpositionSink, name: string, start: number, end: number): boolean {
  const type = textTypeOf.get(start < end ? reader.page.toString('latin1', start, end) : '');
  if (!type) return reader.failAt(start, 'the type is none of counter, gauge, histogram, summary, untyped');
  sink.metadata?.('type', name, type);
  return true;
}

/** `\\` and `\n`; a quote needs no backslash in a help text and keeps it. */
function unescapedHelp(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
