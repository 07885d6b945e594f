import { text as readText } from 'node:stream/consumers';
import { Command } from 'commander';
import { parse, prettify } from '../../logs/query/query.ts';

const examples = `
Examples:
  taffrail fmt 'sum(rate({app="web"}|="x"[5m]))by(pod)'
  taffrail fmt < query.logql
`;

export function command(): Command {
  return new Command('fmt')
    .description('Print a LogQL query in its canonical form, long parts on lines of their own.')
    .argument('[query]', 'a LogQL query (default: what standard input holds)')
    .addHelpText('after', examples)
    .action(async (query: string | undefined) => {
      const text = query ?? (await readText(process.stdin));
      process.stdout.write(`${prettify(parse(text))}\n`);
    });
}
