import { Command, Option } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { printObject } from '../output/print-object.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { queryTime, type TimeFlags } from './query-time.ts';

interface LabelsFlags extends ServerOptions, Pick<TimeFlags, 'since' | 'until'> {
  match?: string;
  output?: 'json';
}

const examples = `
Examples:
  taffrail labels                                       names
  taffrail labels pod --match '{namespace="shop"}'      values of one
`;

export function command(): Command {
  const labels = new Command('labels')
    .description('List the labels of log streams, or the values of one label.')
    .argument('[name]', 'a label, to list its values')
    .option('--match <selector>', 'only of streams that a LogQL selector picks')
    .option('--since <when>', 'only of streams with lines since then (default: 1h)')
    .option('--until <when>', 'only of streams with lines until then (default: now)')
    .addOption(new Option('-o, --output <format>', 'how to print them (default: one a line)').choices(['json']))
    .addHelpText('after', examples);
  for (const option of serverOptions()) labels.addOption(option);
  return labels.action(async (name: string | undefined, flags: LabelsFlags) => {
    const path = name === undefined ? 'labels' : `label/${encodeURIComponent(name)}/values`;
    const parameters = { ...rangeParameters(flags), ...(flags.match === undefined ? {} : { query: flags.match }) };
    const url = `/loki/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const { data } = await getJson<{ data: string[] }>(resolveServer(flags), url);
    process.stdout.write(flags.output === 'json' ? printObject(data, 'json') : data.map((one) => `${one}\n`).join(''));
  });
}

/** Start and end as the API takes them. */
export function rangeParameters({ since = '1h', until }: Pick<TimeFlags, 'since' | 'until'>): Record<string, string> {
  const time = queryTime({ since, ...(until === undefined ? {} : { until }) }, systemClock.nowMs());
  if (time.kind !== 'range') throw new Error('a range was asked for');
  return { start: `${time.startMs}000000`, end: `${time.endMs}000000` };
}
