import { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { type DataFormat, dataOption, printObject } from '../output/print-object.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { queryTime, type TimeFlags } from './query-time.ts';

interface LabelsFlags extends ServerOptions, Pick<TimeFlags, 'since' | 'until'> {
  match?: string;
  promql?: true;
  output?: DataFormat;
}

const examples = `
Examples:
  taffrail labels                                       names
  taffrail labels pod --match '{namespace="shop"}'      values of one
  taffrail labels --promql pod --match up               of series, not of log streams
`;

export function command(): Command {
  const labels = new Command('labels')
    .description('List the labels of log streams or, with --promql, of series; or the values of one label.')
    .argument('[name]', 'a label, to list its values')
    .option('--promql', 'of series; the selector is PromQL')
    .option('--match <selector>', 'only of what the selector picks')
    .option('--since <when>', 'only of what has lines or samples since then (default: 1h)')
    .option('--until <when>', 'only of what has lines or samples until then (default: now)')
    .addOption(dataOption('how to print them (default: one a line)'))
    .addHelpText('after', examples);
  for (const option of serverOptions()) labels.addOption(option);
  return labels.action(async (name: string | undefined, flags: LabelsFlags) => {
    const path = name === undefined ? 'labels' : `label/${encodeURIComponent(name)}/values`;
    const match = flags.match === undefined ? {} : { [flags.promql ? 'match[]' : 'query']: flags.match };
    const parameters = new URLSearchParams({ ...rangeParameters(flags), ...match });
    const url = `${flags.promql ? '' : '/loki'}/api/v1/${path}?${parameters}`;
    const { data } = await getJson<{ data: string[] }>(resolveServer(flags), url);
    process.stdout.write(flags.output ? printObject(data, flags.output) : data.map((one) => `${one}\n`).join(''));
  });
}

/** Start and end as the APIs take them: Loki's in nanoseconds, Prometheus's in seconds. */
export function rangeParameters({
  since = '1h',
  until,
  promql,
}: Pick<TimeFlags, 'since' | 'until'> & { promql?: true }): Record<string, string> {
  const time = queryTime({ since, ...(until === undefined ? {} : { until }) }, systemClock.nowMs());
  if (time.kind !== 'range') throw new Error('a range was asked for');
  if (promql) return { start: String(time.startMs / 1000), end: String(time.endMs / 1000) };
  return { start: `${time.startMs}000000`, end: `${time.endMs}000000` };
}
