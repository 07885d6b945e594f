/** Asks a query of a server, and brings the answer into a form in which two servers' can be held against each other. */
import { parseRfc3339 } from '../../src/base/nanotime.ts';
import type { Peer } from './peers.ts';
import type { BenchQuery } from './queries.ts';

/** Whole steps that hold all lines. */
export interface Times {
  startSeconds: number;
  endSeconds: number;
}

/** What of an answer has to be equal: rows of text, in no order. */
export type Answer = readonly string[];

export const stepSeconds = 300;
const topCount = 10;

/** Gives the answer's text; `answerOf` reads it, which is no part of what is measured. */
export function ask(peer: Peer, query: BenchQuery, times: Times): Promise<string> {
  return peer.isOurs ? askOurs(peer, query, times) : askTheirs(peer, query, times);
}

export function answerOf(peer: Peer, query: BenchQuery, text: string): Answer {
  return (peer.isOurs ? readOurs(query, text) : readTheirs(query, text)).sort();
}

function askOurs(peer: Peer, { kind, logql, by, limit }: BenchQuery, times: Times): Promise<string> {
  const { startSeconds, endSeconds } = times;
  const range = { start: String(startSeconds), end: String(endSeconds) };
  const whole = `count_over_time(${logql} [${endSeconds - startSeconds}s])`;
  const instant = (query: string) => peer.get('/loki/api/v1/query', { query, time: String(endSeconds) });
  if (kind === 'count') return instant(`sum(${whole})`);
  if (kind === 'top') return instant(`topk(${topCount}, sum by (${by}) (${whole}))`);
  const ranged = (query: string, more: Record<string, string>) =>
    peer.get('/loki/api/v1/query_range', { query, ...range, ...more });
  if (kind === 'lines') return ranged(logql, { limit: String(limit), direction: 'backward' });
  return ranged(`sum by (${by}) (count_over_time(${logql} [${stepSeconds}s]))`, { step: String(stepSeconds) });
}

function askTheirs(peer: Peer, { kind, logsql, by, limit }: BenchQuery, times: Times): Promise<string> {
  const range = { start: String(times.startSeconds), end: String(times.endSeconds) };
  const query = {
    count: `${logsql} | stats count() n`,
    top: `${logsql} | stats by (${by}) count() n | sort by (n desc) limit ${topCount}`,
    series: `${logsql} | stats by (_time:${stepSeconds}s, ${by}) count() n`,
    lines: logsql,
  }[kind];
  const limited = limit === undefined ? {} : { limit: String(limit) };
  return peer.get('/select/logsql/query', { query, ...range, ...limited });
}

interface OurAnswer {
  data: {
    result: {
      metric?: Record<string, string>;
      value?: [number, string];
      values?: [string | number, string][];
    }[];
  };
}

function readOurs({ kind, by }: BenchQuery, text: string): string[] {
  const { result } = (JSON.parse(text) as OurAnswer).data;
  if (kind === 'count') return [String(result.reduce((sum, { value }) => sum + Number(value![1]), 0))];
  // Which of several values with the same count comes tenth is open.
  if (kind === 'top') return result.map(({ value }) => value![1]);
  if (kind === 'lines') return result.flatMap(({ values }) => values!.map(([time, line]) => `${time} ${line}`));
  return result.flatMap(({ metric, values }) =>
    values!.filter(([, count]) => count !== '0').map(([time, count]) => `${time} ${metric![by!]} ${count}`),
  );
}

function readTheirs({ kind, by }: BenchQuery, text: string): string[] {
  const rows = text
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => JSON.parse(row) as Record<string, string>);
  if (kind === 'count' || kind === 'top') return rows.map(({ n }) => n!);
  if (kind === 'lines') return rows.map(({ _time, _msg }) => `${parseRfc3339(_time!)} ${_msg}`);
  // Their time begins five minutes, where ours ends them.
  return rows.map((row) => `${Date.parse(row._time!) / 1000 + stepSeconds} ${row[by!]} ${row.n}`);
}
