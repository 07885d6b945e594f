import { Command, Option } from 'commander';
import { Fault } from '../../base/fault.ts';
import type { InstancesAnswer } from '../../logs/serve/protocol.ts';
import { instanceTable } from '../output/instance-table.ts';
import { type DataFormat, printObject } from '../output/print-object.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { resolveServer, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { type LogTarget, logTarget } from './log-target.ts';

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
  const target = logTarget(pod);
  const answer = await getJson<InstancesAnswer>(resolveServer(flags), pathOf(target, flags));
  if (pod !== undefined && answer.instances.length === 0) throw notFound(target, flags);
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

/** As with kubectl, what was named must exist; only a list may be empty. */
function notFound({ pod, workload }: LogTarget, { container, selector }: InstancesFlags): Fault {
  const what = workload ? `${workload.kind} "${workload.name}"` : `pods "${pod}"`;
  const narrowed = [container && `container "${container}"`, selector && `labels ${selector}`].filter(Boolean);
  if (narrowed.length > 0) return new Fault('not-found', `${what} with ${narrowed.join(' and ')} not found`);
  const hint = 'nothing of it is stored: there was none of this name, or none of its containers has started';
  return new Fault('not-found', `${what} not found`, { hint });
}

function pathOf({ pod, workload }: LogTarget, flags: InstancesFlags): string {
  const query = new URLSearchParams();
  if (!flags.allNamespaces) query.set('namespace', flags.namespace);
  if (flags.selector !== undefined) query.set('labelSelector', flags.selector);
  if (flags.container !== undefined) query.set('container', flags.container);
  if (pod !== undefined) query.set('pod', pod);
  if (workload !== undefined) query.set('workload', `${workload.kind}/${workload.name}`);
  return `/taffrail/v1/instances?${query}`;
}
