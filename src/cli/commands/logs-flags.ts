import { Command, InvalidArgumentError, Option } from 'commander';
import { type ServerOptions, serverOptions } from '../server-address.ts';
import { durationMs, wholeNumber } from '../values.ts';

export interface LogsFlags extends ServerOptions {
  selector?: string;
  container?: string;
  allContainers?: boolean;
  allPods?: boolean;
  previous?: boolean;
  follow?: boolean;
  tail?: number;
  since?: number;
  sinceTime?: string;
  timestamps?: boolean;
  prefix?: boolean;
  limitBytes?: number;
  maxLogRequests?: number;
  ignoreErrors?: boolean;
  podRunningTimeout?: number;
  namespace: string;
  allNamespaces?: boolean;
  until?: string;
  instance?: 'latest' | 'all' | number;
  stream?: 'stdout' | 'stderr';
  grep?: string;
  ignoreCase?: boolean;
  invert?: boolean;
  before?: number;
  after?: number;
  around?: number;
  output?: 'text' | 'json';
}

/** Takes `--follow=true` and `-c=NAME` as kubectl does. */
class KubectlCommand extends Command {
  override parseOptions(argv: string[]) {
    const end = argv.indexOf('--');
    const flags = end < 0 ? argv : argv.slice(0, end);
    return super.parseOptions([...flags.flatMap((argument) => this.#spelled(argument)), ...argv.slice(flags.length)]);
  }

  #spelled(argument: string): string[] {
    const [, flag, value] = /^(--?[A-Za-z][\w-]*)=(.*)$/s.exec(argument) ?? [];
    const option = flag === undefined ? undefined : this.options.find((one) => one.long === flag || one.short === flag);
    if (!option) return [argument];
    if (!option.isBoolean()) return [flag!, value!];
    if (value === 'true') return [flag!];
    return value === 'false' ? [] : [argument];
  }
}

const count = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** The command with kubectl's flags in kubectl's words, and then ours. */
export function logsFlags(): Command {
  const command = new KubectlCommand('logs')
    .description('Print the logs of a pod or a workload, also of ones that are gone.')
    .usage('[flags] (POD | TYPE/NAME) [-c CONTAINER]')
    .argument('[pod]', 'name of a pod, or TYPE/NAME of a workload')
    .argument('[container]', 'name of a container')
    .option('-l, --selector <selector>', 'pods with these labels, as in app=web')
    .option('-c, --container <name>', 'container of the pod')
    .option('--all-containers', 'all containers of the pods')
    .option('--all-pods', 'all pods of the workload; sets --prefix')
    .option('-p, --previous', 'the instance before the latest')
    .option('-f, --follow', 'go on with what is written from now on, over restarts and new pods')
    .option('--tail <lines>', 'the last lines of each container; -1 is all, and 10 the default with a selector', tailOf)
    .option('--since <duration>', 'only what is newer than a duration like 5s, 2m or 3h', durationMs)
    .option('--since-time <time>', 'only what was written at or after a time (RFC 3339)')
    .option('--timestamps', 'begin each line with its time')
    .option('--prefix', 'begin each line with the pod and container')
    .option('--limit-bytes <bytes>', 'at most so many bytes of each container', count)
    .option('--max-log-requests <number>', 'most containers to follow at a time (default: 5)', count)
    .option('--ignore-errors', 'as in kubectl; here nothing of one container ever ends the others')
    .option(
      '--pod-running-timeout <duration>',
      'how long to wait until there is a pod (default: 20s for TYPE/NAME with -f)',
      durationMs,
    )
    .option('-n, --namespace <name>', 'namespace of the pods', 'default');
  for (const option of ownOptions()) command.addOption(option);
  for (const option of serverOptions()) command.addOption(option);
  return command;
}

function ownOptions(): Option[] {
  return [
    new Option('-A, --all-namespaces', 'pods of all namespaces'),
    new Option('--until <when>', 'only what was written before then: how long ago, like 5m, or a time (RFC 3339)'),
    new Option('--instance <which>', 'all, latest, -N (the Nth before the latest) or a restart number N').argParser(
      instanceOf,
    ),
    new Option('--stream <stream>', 'only what was written to it').choices(['stdout', 'stderr']),
    new Option('--grep <pattern>', 'only lines that match a regular expression (RE2)'),
    new Option('--ignore-case', 'upper and lower case are the same to --grep'),
    new Option('--invert', 'only lines that do not match --grep'),
    new Option('--before <lines>', 'so many lines before each that matches').argParser(count),
    new Option('--after <lines>', 'so many lines after each that matches').argParser(count),
    new Option('--around <lines>', 'so many lines before and after each that matches').argParser(count),
    new Option('-o, --output <format>', 'text, or a JSON object a line').choices(['text', 'json']),
  ];
}

function tailOf(text: string): number {
  if (!/^-?\d+$/.test(text) || Number(text) < -1)
    throw new InvalidArgumentError('--tail must be greater than or equal to -1');
  return Number(text);
}

function instanceOf(text: string): 'latest' | 'all' | number {
  if (text === 'latest' || text === 'all') return text;
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('wants all, latest, -N or N.');
  // -0 is the latest, as the one 0 before it.
  return text.startsWith('-') && Number(text) === 0 ? 'latest' : Number(text);
}
