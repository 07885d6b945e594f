import { Command, Option } from 'commander';
import { Fault } from '../../base/fault.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { waiting } from '../output/waiting.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { durationMs, wholeNumber } from '../values.ts';
import { askPromql, type PromqlFlags } from './promql-query.ts';

interface QueryFlags extends ServerOptions, PromqlFlags {
  promql?: boolean;
}

const examples = `
Examples:
  taffrail query --promql up                                      now, as a table
  taffrail query --promql 'sum by (pod) (rate(container_cpu_usage_seconds_total[5m]))' --since 6h
  taffrail query --promql 'kube_pod_status_phase == 1' --time 2026-01-31T12:00:00Z -o csv

Times are how long ago (2h), RFC 3339, or seconds since 1970. Nothing is guessed about the language: what --promql does not mark is LogQL.
`;

export function command(): Command {
  const query = new Command('query')
    .description('Ask for metrics in PromQL.')
    .argument('<expression>', 'what to ask')
    .option('--promql', 'the expression is PromQL')
    .option('--time <when>', 'ask at this time (default: now)')
    .option('--since <when>', 'ask over a range that begins here')
    .option('--until <when>', 'end of the range (default: now)')
    .addOption(new Option('--step <duration>', 'distance of points in the range').argParser(durationMs))
    .addOption(new Option('--limit <series>', 'show no more series than this').argParser(wholeNumber(1, 1_000_000)))
    .addOption(
      new Option(
        '-o, --output <format>',
        'how to print the answer (default: a chart for ranges, otherwise a table)',
      ).choices(['chart', 'table', 'json', 'yaml', 'csv']),
    )
    .addHelpText('after', examples);
  for (const option of serverOptions()) query.addOption(option);
  return query.action(async (expression: string, flags: QueryFlags) => {
    if (!flags.promql) {
      throw new Fault('usage', 'LogQL is not served yet', { hint: 'for metrics, say --promql' });
    }
    await print(() => askPromql(expression, flags, resolveServer(flags), tell));
  });
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
