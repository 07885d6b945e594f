import { Command, Option } from 'commander';
import { printObject } from '../output/print-object.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { rangeParameters } from './labels.ts';
import type { TimeFlags } from './query-time.ts';

interface SeriesFlags extends ServerOptions, Pick<TimeFlags, 'since' | 'until'> {
  output?: 'json';
}

const examples = `
Examples:
  taffrail series
  taffrail series '{namespace="shop"}' '{app="web"}' --since 1d
`;

export function command(): Command {
  const series = new Command('series')
    .description('List log streams by their labels.')
    .argument('[selector...]', 'LogQL selectors; a stream is listed that one of them picks')
    .option('--since <when>', 'only streams with lines since then (default: 1h)')
    .option('--until <when>', 'only streams with lines until then (default: now)')
    .addOption(new Option('-o, --output <format>', 'how to print them (default: one a line)').choices(['json']))
    .addHelpText('after', examples);
  for (const option of serverOptions()) series.addOption(option);
  return series.action(async (selectors: string[], flags: SeriesFlags) => {
    const parameters = new URLSearchParams(rangeParameters(flags));
    for (const selector of selectors) parameters.append('match[]', selector);
    const { data } = await getJson<{ data: Record<string, string>[] }>(
      resolveServer(flags),
      `/loki/api/v1/series?${parameters}`,
    );
    process.stdout.write(flags.output === 'json' ? printObject(data, 'json') : data.map(text).join(''));
  });
}

function text(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}\n`;
}
