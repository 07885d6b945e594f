import { messageOf } from '../../../base/fault.ts';
import { parseGoFloat } from '../../../base/go-float.ts';
import type { MemoryLine } from '../memory-source.ts';
import { parseQueryDuration } from '../text/durations.ts';
import { unquote } from '../text/quoted.ts';
import type { Command, EvalCommand, EvalLines, EvalMetric } from './commands.ts';
import { parseLabels } from './parse-labels.ts';

const LOAD = /^load (\{.*?\})(?: with (\{.*\}))?$/;
const LINES = /^eval lines(?: from (\S+) to (\S+))?(?: limit (\d+))?(?: (forward|backward))? (.+)$/;
const INSTANT = /^eval instant at (\S+) (.+)$/;
const RANGE = /^eval range from (\S+) to (\S+) step (\S+) (.+)$/;
const hourNs = 3_600_000_000_000n;

/**
 * Reads a script: commands begin at the margin, what belongs to them is indented. What cannot be read becomes a `wrong` command.
 *
 *     load {app="a"} with {trace="1"}       lines of a stream, and their structured metadata
 *       10s level=info msg=hello            a time, and the line as it stands, or as a quoted text
 *     eval lines from 0 to 1m limit 10 forward {app="a"} |= "hello"
 *       10s {app="a", trace="1"} level=info msg=hello
 *     eval instant at 1m count_over_time({app="a"}[1m])
 *       {app="a", trace="1"} 1
 *     eval range from 0 to 20s step 10s count_over_time({app="a"}[10s])
 *       {app="a", trace="1"} _ 1 _
 *     eval instant at 1m sum(
 *       fail unexpected $end
 */
export function parseScript(script: string): Command[] {
  const commands: Command[] = [];
  let command: { head: string; line: number; body: string[] } | undefined;
  const flush = () => {
    if (command) commands.push(read(command));
  };
  script.split('\n').forEach((text, at) => {
    if (text.trim() === '' || text.trimStart().startsWith('# ')) return;
    if (/^\s/.test(text) && command) {
      command.body.push(text.trimStart());
      return;
    }
    flush();
    command = { head: text.trim(), line: at + 1, body: [] };
  });
  flush();
  return commands;
}

function read({ head, line, body }: { head: string; line: number; body: string[] }): Command {
  try {
    if (head === 'clear') return { kind: 'clear' };
    if (head.startsWith('load ')) return readLoad(head, body);
    if (head.startsWith('eval ')) return readEval(head, line, body);
    throw new Error('a command is load, clear, or eval lines, eval instant, eval range');
  } catch (error) {
    return { kind: 'wrong', line, detail: messageOf(error) };
  }
}

function readLoad(head: string, body: string[]): Command {
  const parts = LOAD.exec(head);
  if (parts === null) throw new Error('load {name="value"} [with {name="value"}]');
  const metadata = parts[2] === undefined ? undefined : parseLabels(parts[2]).labels;
  const lines = body.map((row): MemoryLine => {
    const { timeNs, rest } = timed(row);
    return { timeNs, line: textOf(rest), ...(metadata ? { metadata } : {}) };
  });
  return { kind: 'load', labels: parseLabels(parts[1]!).labels, lines };
}

function timed(row: string): { timeNs: bigint; rest: string } {
  const [time = ''] = row.split(' ', 1);
  return { timeNs: nanosOf(time), rest: row.slice(time.length).replace(/^ /, '') };
}

function nanosOf(text: string): bigint {
  // Part by part, since the nanoseconds of today do not fit a double.
  const parts = text.match(/-?[\d.]+[^\d.-]*/g) ?? [''];
  return parts.reduce((sum, part) => {
    const ns = parseQueryDuration(part);
    if (ns === undefined) throw new Error(`${text} is not a time`);
    return sum + BigInt(ns);
  }, 0n);
}

/** A quoted text may begin with spaces, be empty, and hold anything. */
function textOf(rest: string): string {
  return /^["`]/.test(rest) ? (unquote(rest) ?? rest) : rest;
}

function readEval(head: string, line: number, body: string[]): EvalCommand {
  const failure = body[0]?.startsWith('fail') ? { failure: body[0].slice('fail'.length).trim() } : {};
  const lines = LINES.exec(head);
  if (lines) return { ...readLines(lines, line, 'failure' in failure ? [] : body), ...failure };
  const instant = INSTANT.exec(head);
  const range = RANGE.exec(head);
  if (instant === null && range === null)
    throw new Error('eval lines …, eval instant at …, or eval range from … to … step …');
  const [start, end, step, query] = instant
    ? [instant[1]!, instant[1]!, '0', instant[2]!]
    : (range!.slice(1) as [string, string, string, string]);
  const command: EvalMetric = {
    kind: 'eval',
    line,
    query,
    what: instant ? 'instant' : 'range',
    startNs: nanosOf(start),
    endNs: nanosOf(end),
    stepNs: Number(nanosOf(step)),
    isOrdered: false,
    rows: [],
    ...failure,
  };
  if (!('failure' in failure)) for (const row of body) readRow(command, row);
  return command;
}

function readLines(parts: RegExpExecArray, line: number, body: string[]): EvalLines {
  const [, from, to, limit, direction, query] = parts;
  return {
    kind: 'eval',
    line,
    query: query!,
    what: 'lines',
    startNs: from === undefined ? 0n : nanosOf(from),
    endNs: to === undefined ? hourNs : nanosOf(to),
    limit: Number(limit ?? 100),
    direction: (direction ?? 'forward') as 'forward',
    rows: body.map((row) => {
      const { timeNs, rest } = timed(row);
      if (rest.startsWith('{...}')) return { timeNs, labels: null, text: textOf(rest.slice('{...} '.length)) };
      const { labels, rest: text } = parseLabels(rest);
      return { timeNs, labels, text: textOf(text) };
    }),
  };
}

function readRow(command: EvalMetric, row: string): void {
  if (row === 'ordered') command.isOrdered = true;
  else if (row.startsWith('{')) {
    const { labels, rest } = parseLabels(row);
    command.rows.push({ labels, values: rest.split(/\s+/).filter(Boolean).flatMap(valuesOf) });
  } else command.scalar = numberOf(row);
}

/** `3`, `_` for none, `1x4` for five times the same, `1+2x3` for 1 3 5 7, as promtool's tests have it. */
function valuesOf(text: string): (number | null)[] {
  const [value, change = '0', times] = /^(.+?)([+-][\d.]+)?x(\d+)$/.exec(text)?.slice(1) ?? [text, '0', '0'];
  const count = Number(times) + 1;
  if (value === '_') return Array<null>(count).fill(null);
  return Array.from({ length: count }, (_, at) => numberOf(value!) + at * numberOf(change));
}

function numberOf(text: string): number {
  const value = parseGoFloat(text);
  if (value === undefined) throw new Error(`${text} is not a number`);
  return value;
}
