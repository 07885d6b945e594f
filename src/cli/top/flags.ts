import { type Command, Option } from 'commander';
import { Fault } from '../../base/fault.ts';
import { type ClusterOptions, clusterOptions } from '../cluster-access.ts';
import { isPodKind, workloadKind } from '../commands/workload-kind.ts';
import { type DataFormat, dataOption } from '../output/print-object.ts';
import { durationMs } from '../values.ts';
import type { Query, SortKey, View } from './view.ts';

export interface TopFlags extends ClusterOptions {
  namespace?: string;
  allNamespaces?: boolean;
  selector?: string;
  fieldSelector?: string;
  containers?: boolean;
  sortBy?: SortKey;
  sum?: boolean;
  headers: boolean;
  showCapacity?: boolean;
  watch?: boolean;
  interval: number;
  output?: DataFormat;
}

export type Level = View['level'];

/** What each level takes, in the order of the help. */
const takes: Record<Level, readonly (keyof typeof options)[]> = {
  nodes: ['selector', 'sortBy', 'sum', 'headers', 'capacity', 'protobuf'],
  pods: ['namespace', 'all', 'selector', 'fields', 'containers', 'sortBy', 'sum', 'headers', 'protobuf'],
  services: ['namespace', 'all', 'selector', 'sortBy', 'sum', 'headers'],
  workloads: ['namespace', 'all', 'selector', 'sortBy', 'sum', 'headers'],
  namespaces: ['selector', 'sortBy', 'sum', 'headers'],
  cluster: ['selector', 'headers', 'capacity'],
};

const options = {
  namespace: () => new Option('-n, --namespace <name>', "namespace (default: the kubeconfig's)"),
  all: () => new Option('-A, --all-namespaces', 'all namespaces'),
  selector: () => new Option('-l, --selector <selector>', 'only what has these labels, as in app=web'),
  fields: () => new Option('--field-selector <selector>', 'only what has these fields, as in metadata.name=web-0'),
  containers: () => new Option('--containers', 'a line for each container'),
  sortBy: () => new Option('--sort-by <column>', 'the largest first').choices(['cpu', 'memory']),
  sum: () => new Option('--sum', 'add a line with the sum'),
  headers: () => new Option('--no-headers', 'leave out the headers'),
  capacity: () => new Option('--show-capacity', 'shares of the capacity, not of what may be given out'),
  protobuf: () => new Option('--use-protocol-buffers [bool]', 'taken for the sake of kubectl; it is asked in JSON'),
};

export function addFlags(command: Command, level: Level): Command {
  for (const name of takes[level]) command.addOption(options[name]());
  command.option('-w, --watch', 'refresh until interrupted');
  command.addOption(
    new Option('--interval <duration>', 'how often --watch refreshes').argParser(durationMs).default(5000, '5s'),
  );
  command.addOption(dataOption('give the data, not a table'));
  for (const option of clusterOptions()) command.addOption(option);
  return command;
}

const intervalMsMin = 500;

/** Throws Fault `usage` for what contradicts itself, in kubectl's words where it has some. */
export function queryOf(level: Level, name: string | undefined, flags: TopFlags, ownNamespace: string): Query {
  if (flags.interval < intervalMsMin) throw new Fault('usage', `--interval wants at least ${intervalMsMin} ms`);
  if (name !== undefined && (flags.selector !== undefined || flags.fieldSelector !== undefined))
    throw new Fault('usage', 'only one of NAME or selector can be provided');
  const isOfNamespace = takes[level].includes('namespace') && !flags.allNamespaces;
  if (name !== undefined && !isOfNamespace && takes[level].includes('namespace'))
    throw new Fault('usage', 'a resource cannot be retrieved by name across all namespaces');
  return {
    namespace: isOfNamespace ? (flags.namespace ?? ownNamespace) : undefined,
    labelSelector: flags.selector,
    fieldSelector: flags.fieldSelector,
    containers: flags.containers ?? false,
    sortBy: flags.sortBy,
    showCapacity: flags.showCapacity ?? false,
    ...nameQuery(level, name),
  };
}

function nameQuery(level: Level, name: string | undefined): Partial<Query> {
  if (name === undefined) return {};
  if (level === 'services') return { service: name };
  if (level === 'workloads') return { workload: workloadName(name) };
  return level === 'namespaces' ? { namespace: name } : { name };
}

function workloadName(text: string): string {
  const [kind, name, ...more] = text.split('/');
  if (!kind || !name || more.length > 0)
    throw new Fault('usage', `${JSON.stringify(text)} is no workload`, { hint: 'say TYPE/NAME, as in deployment/web' });
  return `${isPodKind(kind) ? 'pod' : workloadKind(kind)}/${name}`;
}
