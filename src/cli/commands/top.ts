import { Command } from 'commander';
import { addFlags, type Level, type TopFlags } from '../top/flags.ts';
import { showTop } from '../top/show.ts';

const examples = `
Examples:
  taffrail top pods --containers --sort-by cpu
  taffrail top workloads -A --sum
  taffrail top nodes -w

The columns of kubectl come first. CPU/REQ and the like say how much of what was asked for (REQ) or is allowed (LIM) is in use, and how
much that is: 47%/500m; of a node, CPU-REQ is what its pods ask for, and which share of the node: 510m(25%). A sum has a limit only where each of its parts has one. PODS is how many run; 2/3: two of them have figures.
`;

const levels: { level: Level; name: string; aliases: string[]; argument?: string; description: string }[] = [
  { level: 'nodes', name: 'nodes', aliases: ['node', 'no'], argument: 'name', description: 'Usage of nodes.' },
  { level: 'pods', name: 'pods', aliases: ['pod', 'po'], argument: 'name', description: 'Usage of pods.' },
  {
    level: 'services',
    name: 'services',
    aliases: ['service', 'svc'],
    argument: 'name',
    description: 'Usage of the pods that each service selects; --sum counts a pod of several services once.',
  },
  {
    level: 'workloads',
    name: 'workloads',
    aliases: ['workload'],
    argument: 'type/name',
    description: 'Usage of the pods of each Deployment, StatefulSet, DaemonSet, CronJob and so on.',
  },
  {
    level: 'namespaces',
    name: 'namespaces',
    aliases: ['namespace', 'ns'],
    argument: 'name',
    description: 'Usage of the pods of each namespace.',
  },
  {
    level: 'cluster',
    name: 'cluster',
    aliases: [],
    description: 'Usage, requests and limits of the whole cluster, and what it has.',
  },
];

export function command(): Command {
  const top = new Command('top')
    .description('Show how much CPU and memory is used, and how much of what was asked for.')
    .addHelpText('after', examples);
  for (const { level, name, aliases, argument, description } of levels) {
    const child = new Command(name).aliases(aliases).description(description);
    if (argument !== undefined) child.argument(`[${argument}]`, 'only this one');
    addFlags(child, level).action((...given: unknown[]) =>
      showTop(level, argument === undefined ? undefined : (given[0] as string | undefined), flagsOf(given)),
    );
    top.addCommand(child);
  }
  return top;
}

/** An action gets its arguments, its options and its command. */
function flagsOf(given: unknown[]): TopFlags {
  return (given.at(-1) as Command).opts<TopFlags>();
}
