import { RE2JS } from 're2js';
import { unquote } from '../../../base/go-quote.ts';
import { parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';
import { numberValue } from '../syntax/number-scanner.ts';
import type { EvalCommand, Expectation, ExpectationKind } from './commands.ts';
import type { ScriptLines } from './parse-script.ts';
import { parseSeriesLine } from './series-line.ts';

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/;
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/;
const EXPECT_RANGE = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/;
const EXPECT_STRING = /^expect string (.+)$/;

export function parseEval(line: string, lines: ScriptLines): EvalCommand {
  const command = head(line, lines.number);
  for (let text = lines.takeWithin(); text !== undefined; text = lines.takeWithin()) {
    if (!parseExpected(command, text)) break;
  }
  const has = (kind: ExpectationKind) => command.expectations.some((expectation) => expectation.kind === kind);
  if ((has('info') && has('no_info')) || (has('warn') && has('no_warn'))) {
    throw new Error('invalid expect lines, an annotation cannot be expected and ruled out together');
  }
  return command;
}

function head(line: string, number: number): EvalCommand {
  const instant = INSTANT.exec(line);
  const range = instant === null ? RANGE.exec(line) : null;
  const common = { kind: 'eval' as const, line: number, rows: [] };
  if (instant !== null) {
    const [, mode, at = '', query] = instant;
    const atMs = parsePrometheusDurationMs(at);
    return { ...common, query: query!, startMs: atMs, endMs: atMs, stepMs: 0, expectations: modeExpectation(mode) };
  }
  if (range === null) {
    throw new Error(
      "invalid evaluation command, expected 'eval instant at <time> <query>' or 'eval range from <from> to <to> step <step> <query>'",
    );
  }
  const [, mode, from, to, step, query] = range;
  const [startMs, endMs, stepMs] = [from, to, step].map((text) => parsePrometheusDurationMs(text!)) as [
    number,
    number,
    number,
  ];
  if (endMs < startMs)
    throw new Error(`invalid test definition, end timestamp (${to}) is before start timestamp (${from})`);
  return { ...common, query: query!, startMs, endMs, stepMs, expectations: modeExpectation(mode) };
}

/** The older eval_fail and its like. */
function modeExpectation(mode: string | undefined): Expectation[] {
  return mode === undefined ? [] : [expectation(mode as ExpectationKind, undefined, '')];
}

/** Reads one line of what is expected; false where the command ends with it. */
function parseExpected(command: EvalCommand, text: string): boolean {
  const older = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
  if (older !== null) {
    command.expectations.push(expectation('fail', older[1] === 'message' ? 'msg' : 'regex', older[2]!));
    return false;
  }
  const range = EXPECT_RANGE.exec(text);
  if (range !== null) {
    const [startMs, endMs, stepMs] = range.slice(1).map(parsePrometheusDurationMs) as [number, number, number];
    command.range = { startMs, endMs, stepMs };
    command.startMs = command.endMs = endMs;
    return true;
  }
  if (/^expect string(?: |$)/.test(text)) {
    command.text = stringLiteral(EXPECT_STRING.exec(text)?.[1] ?? '');
    return true;
  }
  if (text.split(' ')[0] === 'expect') {
    const parts = EXPECT.exec(text);
    if (parts === null)
      throw new Error('invalid expect statement, must match `expect <type> <match_type>: <string>` format');
    command.expectations.push(expectation(parts[1] as ExpectationKind, parts[2], parts[3] ?? ''));
    return true;
  }
  const scalar = scalarValue(text);
  if (scalar !== undefined) {
    command.scalar = scalar;
    return false;
  }
  const row = parseSeriesLine(text);
  if (row.values.length > 1 && command.stepMs === 0 && command.range === undefined) {
    throw new Error(
      "expecting multiple values in instant evaluation not allowed. consider using 'expect range vector'",
    );
  }
  command.rows.push(row);
  return true;
}

function expectation(kind: ExpectationKind, how: string | undefined, rest: string): Expectation {
  const text = rest.trim();
  if (how === 'msg') return { kind, shown: text, matches: (message) => message === text };
  if (how === 'regex') {
    const pattern = RE2JS.compile(text);
    return { kind, shown: text, matches: (message) => pattern.matcher(message).find() };
  }
  return { kind, shown: 'anything', matches: () => true };
}

function stringLiteral(text: string): string {
  const value = unquote(text);
  if (value === undefined)
    throw new Error('expected string literal not valid - check that the string is correctly quoted');
  return value;
}

function scalarValue(text: string): number | undefined {
  const value = numberValue(text.replace(/^[+-]/, ''));
  return typeof value === 'string' ? undefined : text.startsWith('-') ? -value : value;
}
