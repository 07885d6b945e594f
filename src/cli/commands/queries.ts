import { Command } from 'commander';
import { formatAge } from '../output/age.ts';
import { type DataFormat, dataOption, printObject } from '../output/print-object.ts';
import { table } from '../output/table.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { callServer, getJson } from '../server-call.ts';

interface QueriesFlags extends ServerOptions {
  output?: DataFormat;
}

interface ListedQuery {
  id: string;
  query: string;
  by: string;
  state: string;
  runningMs: number;
}

const examples = `
Examples:
  taffrail queries
  taffrail queries cancel logql-17

Yours are listed; with the role admin everybody's.
`;

export function command(): Command {
  const list = new Command('list').description('List queries that wait or run (the default).');
  list.addOption(dataOption('how to print them (default: a table)'));
  list.action((flags: QueriesFlags) => listQueries(flags));
  const cancel = new Command('cancel').description('End queries.').argument('<id...>', 'as they are listed');
  cancel.action((ids: string[], flags: ServerOptions) => cancelQueries(ids, flags));
  const queries = new Command('queries').description(
    'List queries that wait or run, in LogQL and PromQL, and end them.',
  );
  for (const option of serverOptions()) {
    list.addOption(option);
    cancel.addOption(option);
  }
  return queries.addCommand(list, { isDefault: true }).addCommand(cancel).addHelpText('after', examples);
}

async function listQueries(flags: QueriesFlags): Promise<void> {
  const { queries } = await getJson<{ queries: ListedQuery[] }>(resolveServer(flags), '/taffrail/v1/queries');
  if (flags.output) process.stdout.write(printObject({ queries }, flags.output));
  else if (queries.length === 0) process.stderr.write('No queries are running.\n');
  else {
    const rows = queries.map(({ id, by, state, runningMs, query }) => [id, by, state, formatAge(runningMs), query]);
    process.stdout.write(table(['ID', 'BY', 'STATE', 'FOR', 'QUERY'], rows));
  }
}

async function cancelQueries(ids: readonly string[], flags: ServerOptions): Promise<void> {
  const address = resolveServer(flags);
  for (const id of ids) {
    const answer = await callServer(address, `/taffrail/v1/queries/${encodeURIComponent(id)}`, { method: 'DELETE' });
    answer.resume();
    process.stdout.write(`${id} is ended\n`);
  }
}
