import { Command } from 'commander';
import { commands } from '../catalogue.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { labelNames, logqlCandidates } from './logql-completion.ts';
import { queryCandidates } from './query-completion.ts';

const answerTimeoutMs = 1500;
const candidatesMax = 500;

interface NamedInstance {
  namespace: string;
  pod: string;
  container: string;
}

/** Hidden: prints the candidates for the last of the words, one a line. Never fails; a shell would show it in the middle of a line. */
export function command(): Command {
  const complete = new Command('__complete').argument('[words...]');
  for (const option of serverOptions()) complete.addOption(option);
  return complete.action(async (words: string[]) => {
    const candidates = await candidatesFor(words, complete.opts<ServerOptions>()).catch(() => []);
    process.stdout.write(
      candidates
        .slice(0, candidatesMax)
        .map((candidate) => `${candidate}\n`)
        .join(''),
    );
  });
}

async function candidatesFor(words: string[], options: ServerOptions): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const starting = (names: Iterable<string>) => [...new Set(names)].filter((name) => name.startsWith(current)).sort();
  if (words.length <= 1) return starting(commands.filter(({ summary }) => summary !== '').map(({ name }) => name));
  const entry = commands.find(({ name }) => name === words[0]);
  if (!entry) return [];
  const command = innermost(await entry.load(), words.slice(1, -1));
  const before = words.at(-2) ?? '';
  if (before === '-n' || before === '--namespace')
    return starting((await instances(options)).map(({ namespace }) => namespace));
  if (before === '-c' || before === '--container')
    return starting((await instances(options)).map(({ container }) => container));
  if (current.startsWith('-'))
    return starting(command.options.flatMap(({ short, long }) => [short ?? '', long ?? '']).filter(Boolean));
  const choices = command.options.find(({ short, long }) => before === short || before === long)?.argChoices;
  if (choices) return starting(choices);
  const inner = command.commands.map((child) => child.name());
  if (inner.length > 0) return starting(inner);
  const takesPromql = words.includes('--promql') && (['query', 'series'].includes(entry.name) || before === '--match');
  if (takesPromql) return queryCandidates(current, resolveServer(options));
  if (entry.name === 'labels' && before === 'labels') return starting(await labelNames(resolveServer(options)));
  const takesLogql = ['query', 'patterns', 'series'].includes(entry.name) || before === '--match';
  if (takesLogql) return logqlCandidates(current, resolveServer(options));
  const namespace = words[words.findIndex((word) => word === '-n' || word === '--namespace') + 1] ?? '';
  const takesPods = entry.name === 'logs' || entry.name === 'instances';
  if (!takesPods) return [];
  const wanted = words.includes('-n') || words.includes('--namespace') ? namespace : 'default';
  return starting((await instances(options)).filter((instance) => instance.namespace === wanted).map(({ pod }) => pod));
}

/** The command that the words lead to, whatever flags are between them. */
function innermost(command: Command, words: readonly string[]): Command {
  return words.reduce(
    (outer, word) => outer.commands.find((inner) => inner.name() === word || inner.aliases().includes(word)) ?? outer,
    command,
  );
}

async function instances(options: ServerOptions): Promise<NamedInstance[]> {
  const { instances: found } = await getJson<{
    instances: { namespace: string; pod: string; key: { container: string } }[];
  }>(resolveServer(options), '/taffrail/v1/instances', AbortSignal.timeout(answerTimeoutMs));
  return found.map(({ namespace, pod, key }) => ({ namespace, pod, container: key.container }));
}
