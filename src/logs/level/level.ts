/** The door: what Loki calls `detected_level`: from labels, structured metadata, OTLP's severity number, or the line itself. */
type LabelRecord = Readonly<Record<string, string>>;

export const levelLabel = 'detected_level';

/** Fields that tell a level, the first one first. */
export const levelFields = [
  ...['level', 'LEVEL', 'Level', 'log.level', 'severity', 'SEVERITY', 'Severity', 'SeverityText'],
  ...['lvl', 'LVL', 'Lvl', 'severity_text', 'Severity_Text', 'SEVERITY_TEXT'],
];
const isLevelField = new Set(levelFields);
/** The same in lower case: logfmt's keys are compared without case. */
const rankOfField = new Map([...levelFields].reverse().map((name) => [name.toLowerCase(), levelFields.indexOf(name)]));
/** Objects within objects that are looked into. */
const jsonDepthMax = 2;

const levels: Record<string, string> = Object.assign(Object.create(null), {
  ...{ trace: 'trace', trc: 'trace', debug: 'debug', dbg: 'debug', info: 'info', inf: 'info', information: 'info' },
  ...{ warn: 'warn', wrn: 'warn', warning: 'warn', error: 'error', err: 'error', critical: 'critical', fatal: 'fatal' },
});

/** The level that labels or metadata tell; undefined where they tell none. */
export function levelOfFields(fields: LabelRecord): string | undefined {
  for (const name of levelFields) if (Object.hasOwn(fields, name)) return normalizedLevel(fields[name]!);
  return undefined;
}

/** A level by the name that it usually has; one that is not known stays as it is. */
export function normalizedLevel(level: string): string {
  return levels[level.toLowerCase()] ?? level;
}

/** OTLP numbers severities by fours, from trace on. */
export function levelOfSeverity(severity: string): string {
  if (!/^[+-]?\d+$/.test(severity)) return 'info';
  const number = Number(severity);
  if (number === 0 || number > 24) return 'unknown';
  return ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][Math.max(0, Math.ceil(number / 4) - 1)]!;
}

/** `line` may be bytes as latin1: only ASCII is looked for. */
export function levelOfLine(line: string): string {
  const told = isJson(line) ? levelOfJson(line) : line.includes('=') ? levelOfLogfmt(line) : undefined;
  return (told === undefined ? undefined : levels[told.toLowerCase()]) ?? levelOfWords(line);
}

const ANY_WORD =
  /info|INFO|err:|ERR:|\[err(?:or)?\]|\[ERR(?:OR)?\]|warn:|WARN:|\[warn\]|\[WARN\]|warning|WARNING|critical:|CRITICAL:|\[critical\]|\[CRITICAL\]|debug|DEBUG/;
const words: [string, RegExp][] = [
  ['info', /info|INFO/],
  ['error', /err:|ERR:|\[err(?:or)?\]|\[ERR(?:OR)?\]/],
  ['warn', /warn:|WARN:|\[warn\]|\[WARN\]|warning|WARNING/],
  ['critical', /critical:|CRITICAL:|\[critical\]|\[CRITICAL\]/],
  ['debug', /debug|DEBUG/],
];

function levelOfWords(line: string): string {
  if (!ANY_WORD.test(line)) return 'unknown';
  return words.find(([, word]) => word.test(line))![0];
}

function isJson(line: string): boolean {
  const first = line.charCodeAt(0);
  if (first !== OPEN && first > SPACE) return false;
  const trimmed = line.trim();
  return trimmed.startsWith('{') && trimmed.endsWith('}');
}

const MAYBE_FIELD = /level|lvl|severity/i;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const EQUALS = 0x3d;

/** The first field that tells a level as text, in the order in which they are written. What is not JSON gives nothing. */
function levelOfJson(line: string): string | undefined {
  if (!MAYBE_FIELD.test(line)) return undefined;
  let depth = 0;
  let listDepth = 0;
  let key: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === OPEN) depth++;
    else if (code === CLOSE) depth--;
    else if (code === OPEN_LIST) listDepth++;
    else if (code === CLOSE_LIST) listDepth--;
    if (code !== QUOTE) {
      if (code !== COLON && code > SPACE) key = undefined;
      continue;
    }
    const end = endOfQuoted(line, at);
    if (end < 0) return undefined;
    const text = line.slice(at + 1, end);
    at = end;
    if (key !== undefined) return text;
    const isKey =
      listDepth === 0 && depth <= jsonDepthMax && isLevelField.has(text) && nextCode(line, end + 1) === COLON;
    key = isKey ? text : undefined;
  }
  return undefined;
}

/** The value of the field that comes first among those that tell a level. */
function levelOfLogfmt(line: string): string | undefined {
  if (!MAYBE_FIELD.test(line)) return undefined;
  let best: string | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (let at = 0; at < line.length; ) {
    while (at < line.length && line.charCodeAt(at) <= SPACE) at++;
    const from = at;
    while (at < line.length && line.charCodeAt(at) > SPACE && line.charCodeAt(at) !== EQUALS) at++;
    const rank = rankOfField.get(line.slice(from, at).toLowerCase());
    if (line.charCodeAt(at) !== EQUALS) continue;
    const valueFrom = ++at;
    const isQuoted = line.charCodeAt(at) === QUOTE;
    const quoteEnd = isQuoted ? endOfQuoted(line, at) : -1;
    if (isQuoted && quoteEnd < 0) return best;
    if (isQuoted) at = quoteEnd + 1;
    else while (at < line.length && line.charCodeAt(at) > SPACE) at++;
    if (rank === undefined || rank >= bestRank) continue;
    best = isQuoted ? line.slice(valueFrom + 1, quoteEnd) : line.slice(valueFrom, at);
    bestRank = rank;
    if (rank === 0) return best;
  }
  return best;
}

/** Where the quoted text that begins at `from` ends; -1 where it does not. */
function endOfQuoted(line: string, from: number): number {
  let at = line.indexOf('"', from + 1);
  while (at > 0) {
    let backslashes = 0;
    while (line.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
    at = line.indexOf('"', at + 1);
  }
  return -1;
}

function nextCode(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) <= SPACE) at++;
  return line.charCodeAt(at);
}
