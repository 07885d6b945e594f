import { Command, Option } from 'commander';
import { Fault } from '../../base/fault.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { waiting } from '../output/waiting.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { durationMs, wholeNumber } from '../values.ts';
import type { LogqlFlags } from './logql-query.ts';
import type { PromqlFlags } from './promql-query.ts';

interface QueryFlags extends ServerOptions, LogqlFlags {
  promql?: boolean;
  follow?: boolean;
}

const examples = `
Examples:
  taffrail query '{namespace="default"} |= "error"'                             the last 100 such lines of an hour
  taffrail query '{app="web"} | json | status >= 500' --since 1d -o jsonl
  taffrail query 'sum by (pod) (rate({app="web"}[1m]))' --since 1h              lines per second, as a chart
  taffrail query --promql up                                                    now, as a table
  taffrail query --promql 'sum by (pod) (rate(container_cpu_usage_seconds_total{metrics_path="/metrics/resource"}[5m]))' --since 6h
  taffrail query --promql 'kube_pod_status_phase == 1' --time 2026-01-31T12:00:00Z -o csv

Times are how long ago (2h), RFC 3339, or seconds since 1970. Nothing is guessed about the language: what --promql does not mark is LogQL.
`;
const outputs = ['default', 'raw', 'jsonl', 'json', 'table', 'chart', 'yaml', 'csv'];

export function command(): Command {
  const query = new Command('query')
    .description('Ask for lines and numbers in LogQL, or for metrics in PromQL.')
    .argument('<expression>', 'what to ask')
    .option('--promql', 'the expression is PromQL')
    .option('--time <when>', 'ask at this time (default: now)')
    .option('--since <when>', 'ask over a range that begins here (lines: an hour ago, where it is not given)')
    .option('--until <when>', 'end of the range (default: now)')
    .addOption(new Option('--step <duration>', 'distance of points in the range').argParser(durationMs))
    .addOption(
      new Option('--limit <n>', 'show no more lines (default: the last 100) or series than this').argParser(
        wholeNumber(1, 1_000_000),
      ),
    )
    .addOption(
      new Option(
        '-o, --output <format>',
        'lines: default, raw, jsonl, json, table; numbers: chart (for ranges), table, json, yaml, csv',
      ).choices(outputs),
    )
    .option('-f, --follow', 'go on with lines as they come, after the ones that are there (LogQL)')
    .option('--stats', 'say what the query cost (LogQL)')
    .addHelpText('after', examples);
  for (const option of serverOptions()) query.addOption(option);
  return query.action(async (expression: string, flags: QueryFlags) => {
    if (flags.promql) return askedInPromql(expression, flags);
    if (flags.follow) return followed(expression, flags);
    const { askLogql } = await import('./logql-query.ts');
    await print(() => askLogql(expression, flags, resolveServer(flags), tell));
  });
}

async function askedInPromql(expression: string, flags: QueryFlags): Promise<void> {
  if (flags.stats || flags.follow) throw new Fault('usage', '--stats and --follow are for LogQL');
  if (flags.output === 'default' || flags.output === 'raw' || flags.output === 'jsonl') {
    throw new Fault('usage', `-o ${flags.output} is for lines; metrics have chart, table, json, yaml, csv`);
  }
  const { askPromql } = await import('./promql-query.ts');
  await print(() => askPromql(expression, flags as PromqlFlags, resolveServer(flags), tell));
}

async function followed(expression: string, flags: QueryFlags): Promise<void> {
  const { followLogql } = await import('./logql-follow.ts');
  const { untilInterrupted } = await import('../interrupt.ts');
  const output = new Output(process.stdout);
  try {
    await followLogql(expression, flags, resolveServer(flags), output, untilInterrupted());
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

async function print(ask: () => Promise<string>): Promise<void> {
  const output = new Output(process.stdout);
  try {
    await output.write(await waiting('asking', ask));
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
