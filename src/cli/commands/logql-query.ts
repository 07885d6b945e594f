import { systemClock } from '../../base/clock.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import { parse } from '../../logs/query/query.ts';
import { showsColour } from '../output/colour.ts';
import { type LogLine, LogLinePrinter, type LogOutput } from '../output/log-lines.ts';
import { printObject } from '../output/print-object.ts';
import type { ServerAddress } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { type LokiData, type LokiStats, readLines, statsText } from './loki-answer.ts';
import { printed, type QueryOutput } from './promql-query.ts';
import { momentMs, type QueryTime, queryTime, type TimeFlags } from './query-time.ts';

export interface LogqlFlags extends TimeFlags {
  output?: QueryOutput | LogOutput;
  limit?: number;
  stats?: boolean;
  forward?: boolean;
}

interface QueryAnswer {
  data: LokiData;
  warnings?: string[];
}

export const defaultLines = 100;
/** Lines asked for at a time. */
const pageLinesMax = 5000;
const defaultSinceMs = 3_600_000;
const metricOutputs = ['chart', 'table', 'json', 'yaml', 'csv'];
const logOutputs = ['default', 'raw', 'jsonl', 'json', 'table'];

/** Throws Fault `usage` with what is wrong with the query, before anybody is asked. */
export function isLogQuery(query: string): boolean {
  try {
    return parse(query).kind === 'log';
  } catch (error) {
    throw new Fault('usage', messageOf(error), {
      cause: error,
      hint: 'this was read as LogQL, like {app="web"} |= "error"; for metrics, say --promql',
    });
  }
}

/** Asks, and gives what is to be printed; what should be known besides goes to `tell`. */
export async function askLogql(
  query: string,
  flags: LogqlFlags,
  address: ServerAddress,
  tell: (line: string) => void,
): Promise<string> {
  return isLogQuery(query) ? askForLines(query, flags, address, tell) : askForNumbers(query, flags, address, tell);
}

async function askForNumbers(query: string, flags: LogqlFlags, address: ServerAddress, tell: (line: string) => void) {
  const output = checkedOutput(flags.output, metricOutputs, 'a query for numbers') as QueryOutput | undefined;
  const time = queryTime(flags, systemClock.nowMs());
  const answer = await ask(address, time.kind === 'instant' ? 'query' : 'query_range', { query, ...timesOf(time) });
  tellAll(answer, flags, tell);
  const { data } = answer;
  if (flags.limit !== undefined && Array.isArray(data.result)) data.result = data.result.slice(0, flags.limit);
  const terminal = { columns: process.stdout.columns ?? 100, colour: showsColour(process.stdout) };
  const text = printed(data as Parameters<typeof printed>[0], time, output, terminal);
  if (text === '') tell('No series found.');
  return text;
}

async function askForLines(query: string, flags: LogqlFlags, address: ServerAddress, tell: (line: string) => void) {
  const output = (checkedOutput(flags.output, logOutputs, 'a query for lines') ?? 'default') as LogOutput;
  if (flags.step !== undefined) throw new Fault('usage', '--step is for queries that give numbers');
  const { startMs, endMs } = linesTime(flags);
  const limit = flags.limit ?? defaultLines;
  const lines: LogLine[] = [];
  let end = nanos(endMs);
  for (;;) {
    const wanted = Math.min(limit - lines.length, pageLinesMax);
    const parameters = { query, start: nanos(startMs).toString(), end: end.toString(), limit: String(wanted) };
    const answer = await ask(address, 'query_range', { ...parameters, direction: 'backward' });
    tellAll(answer, flags, tell);
    if (output === 'json' && limit <= pageLinesMax) return printObject(answer.data, 'json');
    const page = readLines(answer.data);
    // The earliest time of a full page may have more lines: they are asked for again with the next page.
    const isLast = page.length < wanted || lines.length + page.length >= limit;
    const earliest = page[0]?.timeNs ?? 0n;
    const kept = isLast ? page : page.filter(({ timeNs }) => timeNs > earliest);
    lines.unshift(...(kept.length > 0 ? kept : page));
    if (isLast) break;
    end = kept.length > 0 ? earliest + 1n : earliest;
  }
  if (lines.length === 0) tell('No lines found.');
  else if (lines.length >= limit) tell(`The last ${limit === 1 ? 'line' : `${limit} lines`}; --limit N shows more.`);
  if (output === 'json')
    return printObject(
      lines.map(({ timeNs, ...rest }) => ({ time: `${timeNs}`, ...rest })),
      'json',
    );
  return new LogLinePrinter(output, showsColour(process.stdout)).printAll(lines);
}

function ask(address: ServerAddress, path: string, parameters: Record<string, string>): Promise<QueryAnswer> {
  return getJson<QueryAnswer>(address, `/loki/api/v1/${path}?${new URLSearchParams(parameters)}`);
}

function linesTime(flags: LogqlFlags): { startMs: number; endMs: number } {
  if (flags.time !== undefined)
    throw new Fault('usage', '--time is for queries that give numbers; lines have --since and --until');
  const nowMs = systemClock.nowMs();
  const time = queryTime({ ...flags, since: flags.since ?? sinceText(flags) }, nowMs);
  if (time.kind !== 'range') throw new Error('a range was asked for');
  // The end is exclusive, and a line may be from this very millisecond.
  return { startMs: time.startMs, endMs: flags.until === undefined ? time.endMs + 1 : time.endMs };
}

function sinceText({ until }: LogqlFlags): string {
  if (until === undefined) return `${defaultSinceMs}ms`;
  return new Date(momentMs('--until', until, systemClock.nowMs()) - defaultSinceMs).toISOString();
}

function nanos(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1_000_000n;
}

function timesOf(time: QueryTime): Record<string, string> {
  if (time.kind === 'instant') return { time: nanos(time.timeMs).toString() };
  const { startMs, endMs, stepMs } = time;
  return { start: nanos(startMs).toString(), end: nanos(endMs).toString(), step: `${stepMs / 1000}` };
}

function tellAll({ warnings = [], data }: QueryAnswer, { stats }: LogqlFlags, tell: (line: string) => void): void {
  for (const warning of warnings) tell(`warning: ${warning}`);
  if (stats) tell(statsText(data.stats as LokiStats));
}

function checkedOutput(output: string | undefined, allowed: readonly string[], what: string): string | undefined {
  if (output === undefined || allowed.includes(output)) return output;
  throw new Fault('usage', `-o ${output} is not for ${what}; that has ${allowed.join(', ')}`);
}
