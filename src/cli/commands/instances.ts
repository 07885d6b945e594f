import { Command, Option } from 'commander';
import type { InstancesAnswer } from '../../logs/serve/protocol.ts';
import { instanceTable } from '../output/instance-table.ts';
import { type DataFormat, printObject } from '../output/print-object.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { isPodKind, workloadKind } from './workload-kind.ts';

interface InstancesFlags extends ServerOptions {
  namespace: string;
  allNamespaces?: boolean;
  selector?: string;
  container?: string;
  output?: 'wide' | DataFormat;
}

export function command(): Command {
  const command = new Command('instances')
    .description('List every run of every container, also of pods that are gone.')
    .argument('[pod]', 'name of a pod, or TYPE/NAME of a workload')
    .option('-n, --namespace <name>', 'namespace of the pods', 'default')
    .option('-A, --all-namespaces', 'pods of all namespaces')
    .option('-l, --selector <selector>', 'pods with these labels, as in app=web')
    .option('-c, --container <name>', 'only this container')
    .addOption(new Option('-o, --output <format>', 'how to print them').choices(['wide', 'json', 'yaml']));
  for (const option of serverOptions()) command.addOption(option);
  return command.action(list);
}

async function list(pod: string | undefined, flags: InstancesFlags): Promise<void> {
  const answer = await getJson<InstancesAnswer>(resolveServer(flags), pathOf(pod, flags));
  const output = new Output(process.stdout);
  try {
    await output.write(printed(answer, flags));
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
  if (answer.truncated) process.stderr.write('taffrail: there are more; name a pod, a namespace or a selector\n');
}

function printed({ instances }: InstancesAnswer, flags: InstancesFlags): string {
  if (flags.output === 'json' || flags.output === 'yaml') return printObject({ instances }, flags.output);
  if (instances.length > 0) {
    return instanceTable(instances, {
      nowMs: Date.now(),
      wide: flags.output === 'wide',
      namespaces: flags.allNamespaces ?? false,
    });
  }
  process.stderr.write(
    flags.allNamespaces ? 'No instances found\n' : `No instances found in ${flags.namespace} namespace.\n`,
  );
  return '';
}

function pathOf(pod: string | undefined, flags: InstancesFlags): string {
  const query = new URLSearchParams();
  if (!flags.allNamespaces) query.set('namespace', flags.namespace);
  if (flags.selector !== undefined) query.set('labelSelector', flags.selector);
  if (flags.container !== undefined) query.set('container', flags.container);
  const [kind, name] = pod?.split('/') ?? [];
  if (kind !== undefined && name !== undefined && !isPodKind(kind))
    query.set('workload', `${workloadKind(kind)}/${name}`);
  else if (kind !== undefined) query.set('pod', name ?? kind);
  return `/taffrail/v1/instances?${query}`;
}
