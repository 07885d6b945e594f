import { Command, Option } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { changesText, type PatternChanges, type PatternSeries, patternsText } from '../output/pattern-table.ts';
import { type DataFormat, dataOption, printObject } from '../output/print-object.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { waiting } from '../output/waiting.ts';
import { resolveServer, type ServerAddress, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson, postJson } from '../server-call.ts';
import { durationMs, wholeNumber } from '../values.ts';
import { comparedSides } from './compared-sides.ts';
import { isLogQuery } from './logql-query.ts';
import { queryTime } from './query-time.ts';

export interface PatternsFlags extends ServerOptions {
  diff?: string;
  window?: number;
  namespace: string;
  since?: string;
  until?: string;
  limit: number;
  all?: boolean;
  output?: DataFormat;
}

const examples = `
Examples:
  taffrail patterns '{namespace="shop"}' --since 6h
  taffrail patterns '{app="web"}' --diff 2h..1h                  the last hour, beside the hour before
  taffrail patterns '{app="web"}' --diff 25h..1h --window 1h     an hour, beside the same one yesterday
  taffrail patterns --diff deployment/web -n shop                the newest rollout, beside the one before it
  taffrail patterns --diff deployment/web@6d4cf..7f9b            two revisions, by how their names begin

A..B compares what came from A on with what came from B on: up to B, and up to --until, or for --window each.
A pattern is a filter of LogQL: taffrail query '{app="web"} |> "GET <_> took <_>"' shows its lines.
`;
/** Points of the course that is drawn. */
const trendSteps = 30;

export function command(): Command {
  const patterns = new Command('patterns')
    .description('Show what lines have in common and how often, or what is new, gone or more frequent after a change.')
    .argument('[selector]', 'a LogQL query for lines (with --diff TYPE/NAME: all of the workload)')
    .option('--diff <a..b>', 'compare two times (2h..1h), or two rollouts (deployment/web)')
    .addOption(new Option('--window <duration>', 'with times: compare so long each').argParser(durationMs))
    .option('-n, --namespace <name>', 'of the workload', 'default')
    .option('--since <when>', 'lines from here on (default: an hour ago)')
    .option('--until <when>', 'lines up to here (default: now)')
    .addOption(new Option('--limit <n>', 'show no more than this').argParser(wholeNumber(1, 300)).default(50))
    .option('--all', 'with --diff: also show what is as frequent as before')
    .addOption(dataOption('how to print them (default: a table)'))
    .addHelpText('after', examples);
  for (const option of serverOptions()) patterns.addOption(option);
  return patterns.action(async (selector: string | undefined, flags: PatternsFlags) => {
    const address = resolveServer(flags);
    const output = new Output(process.stdout);
    try {
      await output.write(await waiting('looking', () => textOf(selector, flags, address)));
    } catch (error) {
      if (!(error instanceof OutputClosed)) throw error;
    }
  });
}

async function textOf(selector: string | undefined, flags: PatternsFlags, address: ServerAddress): Promise<string> {
  if (selector !== undefined && !isLogQuery(selector))
    throw new Fault('usage', 'a query for lines is wanted; this one gives numbers');
  if (flags.diff !== undefined) return changes(selector, { ...flags, diff: flags.diff }, address);
  if (selector === undefined) throw new Fault('usage', 'say whose patterns: a LogQL selector, or --diff');
  if (flags.window !== undefined || flags.all) throw new Fault('usage', '--window and --all go with --diff');
  return list(selector, flags, address);
}

async function list(query: string, flags: PatternsFlags, address: ServerAddress): Promise<string> {
  const { since = '1h', until, limit } = flags;
  const time = queryTime({ since, ...(until !== undefined && { until }) }, systemClock.nowMs());
  if (time.kind !== 'range') throw new Error('a range was asked for');
  const { startMs, endMs } = time;
  // Whole milliseconds, as they come in a step's beginning.
  const stepMs = Math.max(1000, Math.ceil((endMs - startMs) / trendSteps / 1000) * 1000);
  const range = { start: `${startMs}000000`, end: `${endMs + 1}000000`, step: `${stepMs}ms` };
  const parameters = new URLSearchParams({ query, ...range, limit: String(limit) });
  const answer = await getJson<{ data: PatternSeries[]; warnings?: string[] }>(
    address,
    `/loki/api/v1/patterns?${parameters}`,
  );
  tell(answer.warnings);
  if (flags.output) return printObject(answer.data, flags.output);
  if (answer.data.length === 0) tell(['No lines found.'], '');
  return patternsText(answer.data, { startMs, endMs, stepMs }, process.stdout.columns);
}

async function changes(
  selector: string | undefined,
  flags: PatternsFlags & { diff: string },
  address: ServerAddress,
): Promise<string> {
  const { before, after, names } = await comparedSides(selector, flags, address);
  const answer = await postJson<PatternChanges>(address, '/taffrail/v1/patterns/changes', { before, after });
  tell(answer.warnings);
  if (flags.output) return printObject({ before, after, ...answer }, flags.output);
  const sides = [before, after].map(
    ({ start, end }, at) => `${names[at]}: ${answer.lines[at]} lines from ${shortTime(start)} to ${shortTime(end)}`,
  );
  tell(sides, '');
  const shown = flags.all ? answer.changes : answer.changes.filter(({ kind }) => kind !== 'same');
  const same = answer.changes.length - shown.length;
  if (shown.length > flags.limit)
    tell([`${shown.length} patterns changed; the first ${flags.limit} are shown (--limit)`], '');
  if (same > 0) tell([`${same} patterns are as frequent as before; --all shows them`], '');
  return changesText(shown.slice(0, flags.limit), process.stdout.columns);
}

function shortTime(text: string): string {
  return text.replace(/\.\d+Z$/, 'Z');
}

function tell(lines: readonly string[] = [], before = 'warning: '): void {
  for (const line of lines) process.stderr.write(`${before}${line}\n`);
}
