import { systemClock } from '../../base/clock.ts';
import { chart, inLineColour } from '../output/chart.ts';
import { showsColour } from '../output/colour.ts';
import { printObject } from '../output/print-object.ts';
import { csv, numberOf, rangeTable, requireSeries, type ShownSeries, vectorTable } from '../output/series-table.ts';
import type { ServerAddress } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { type QueryTime, queryTime, type TimeFlags } from './query-time.ts';

export type QueryOutput = 'chart' | 'table' | 'json' | 'yaml' | 'csv';

export interface PromqlFlags extends TimeFlags {
  output?: QueryOutput;
  limit?: number;
}

interface QueryAnswer {
  data: { resultType: 'scalar' | 'string' | 'vector' | 'matrix'; result: unknown };
  warnings?: string[];
  infos?: string[];
}

export interface Terminal {
  columns: number;
  colour: boolean;
}

/** Lines that a chart draws; the table below it has all of them. */
const drawnMax = 8;
const chartHeight = 16;
const chartWidthMax = 120;

/** Asks, and gives what is to be printed; what should be known besides goes to `tell`. */
export async function askPromql(
  query: string,
  flags: PromqlFlags,
  address: ServerAddress,
  tell: (line: string) => void,
): Promise<string> {
  const time = queryTime(flags, systemClock.nowMs());
  const answer = await getJson<QueryAnswer>(address, pathOf(query, time, flags));
  for (const warning of answer.warnings ?? []) tell(`warning: ${warning}`);
  for (const info of answer.infos ?? []) tell(`info: ${info}`);
  const terminal = { columns: process.stdout.columns ?? 100, colour: showsColour(process.stdout) };
  const text = printed(answer.data, time, flags.output, terminal);
  if (text === '') tell('No series found.');
  return text;
}

function pathOf(query: string, time: QueryTime, { limit }: PromqlFlags): string {
  const seconds = (ms: number) => String(ms / 1000);
  const times: Record<string, string> =
    time.kind === 'instant'
      ? { time: seconds(time.timeMs) }
      : { start: seconds(time.startMs), end: seconds(time.endMs), step: seconds(time.stepMs) };
  const parameters = new URLSearchParams({ query, ...times, ...(limit && { limit: String(limit) }) });
  return `/api/v1/${time.kind === 'instant' ? 'query' : 'query_range'}?${parameters}`;
}

/** Empty where there is nothing. */
export function printed(
  data: QueryAnswer['data'],
  time: QueryTime,
  output: QueryOutput | undefined,
  terminal: Terminal,
): string {
  if (output === 'json' || output === 'yaml') return printObject(data, output);
  if (data.resultType === 'scalar' || data.resultType === 'string') return `${(data.result as [number, string])[1]}\n`;
  const all = requireSeries(data.result);
  if (all.length === 0) return '';
  if (output === 'csv') return csv(all);
  if (data.resultType === 'vector') return vectorTable(all);
  return output === 'table' || time.kind === 'instant' ? rangeTable(all) : drawn(all, time, terminal);
}

function drawn(
  all: readonly ShownSeries[],
  { startMs, endMs }: QueryTime & { kind: 'range' },
  terminal: Terminal,
): string {
  const lines = all.slice(0, drawnMax).map(({ values = [] }) => ({
    timesMs: values.map(([seconds]) => seconds * 1000),
    values: values.map(([, text]) => numberOf(text)),
  }));
  const width = Math.min(terminal.columns, chartWidthMax);
  const picture = chart(lines, { startMs, endMs, width, height: chartHeight, colour: terminal.colour });
  const mark = (row: number) => (row >= drawnMax ? ' ' : terminal.colour ? inLineColour(row, '━') : '━');
  const more = all.length > drawnMax ? `The first ${drawnMax} of ${all.length} series are drawn.\n` : '';
  return `${picture}\n${rangeTable(all, mark)}${more}`;
}
