import { Command } from 'commander';
import { type DataFormat, dataOption, printObject } from '../output/print-object.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { rangeParameters } from './labels.ts';
import type { TimeFlags } from './query-time.ts';

interface SeriesFlags extends ServerOptions, Pick<TimeFlags, 'since' | 'until'> {
  promql?: true;
  output?: DataFormat;
}

const examples = `
Examples:
  taffrail series
  taffrail series '{namespace="shop"}' '{app="web"}' --since 1d
  taffrail series --promql up 'http_requests_total{code=~"5.."}'
`;

const everySeries = '{__name__=~".+"}';

export function command(): Command {
  const series = new Command('series')
    .description('List log streams by their labels or, with --promql, series of samples.')
    .argument('[selector...]', 'selectors in LogQL or PromQL; what one of them picks is listed')
    .option('--promql', 'list series; the selectors are PromQL')
    .option('--since <when>', 'only what has lines or samples since then (default: 1h)')
    .option('--until <when>', 'only what has lines or samples until then (default: now)')
    .addOption(dataOption('how to print them (default: one a line)'))
    .addHelpText('after', examples);
  for (const option of serverOptions()) series.addOption(option);
  return series.action(async (selectors: string[], flags: SeriesFlags) => {
    const parameters = new URLSearchParams(rangeParameters(flags));
    // Prometheus's API lists nothing where nothing is asked for.
    const asked = flags.promql && selectors.length === 0 ? [everySeries] : selectors;
    for (const selector of asked) parameters.append('match[]', selector);
    const { data } = await getJson<{ data: Record<string, string>[] }>(
      resolveServer(flags),
      `${flags.promql ? '' : '/loki'}/api/v1/series?${parameters}`,
    );
    process.stdout.write(flags.output ? printObject(data, flags.output) : data.map(text).join(''));
  });
}

/** A series as PromQL writes it; a log stream has no name before its braces. */
function text({ __name__: metric = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${metric}{${pairs.join(', ')}}\n`;
}
