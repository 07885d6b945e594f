import type { Command } from 'commander';

export interface CommandEntry {
  name: string;
  /** Empty: not shown in the list. */
  summary: string;
  load(): Promise<Command>;
}

/** Every command, in the order in which --help lists them. */
export const commands: CommandEntry[] = [
  entry('up', 'run everything on this machine, with a sandbox cluster', () => import('./commands/up.ts')),
  entry('down', 'stop what "taffrail up" runs on a data directory', () => import('./commands/down.ts')),
  entry('logs', 'print the logs of pods, also of ones that are gone', () => import('./commands/logs.ts')),
  entry(
    'instances',
    'list every run of every container, with exit codes, times and gaps',
    () => import('./commands/instances.ts'),
  ),
  entry('query', 'ask for lines in LogQL, or for metrics in PromQL', () => import('./commands/query.ts')),
  entry('labels', 'list the labels of log streams, or values of one', () => import('./commands/labels.ts')),
  entry('series', 'list log streams by their labels', () => import('./commands/series.ts')),
  entry(
    'patterns',
    'show what lines have in common, and what a change brought',
    () => import('./commands/patterns.ts'),
  ),
  entry('queries', 'list queries that run, and end them', () => import('./commands/queries.ts')),
  entry('fmt', 'format LogQL', () => import('./commands/fmt.ts')),
  entry('top', 'show usage of nodes, pods, services, workloads and so on', () => import('./commands/top.ts')),
  entry('doctor', 'find out why there are no figures, and what mends it', () => import('./commands/doctor.ts')),
  entry('status', 'show server, store and agents at a glance', () => import('./commands/status.ts')),
  entry('agent', 'collect the logs of this node and ship them to a server', () => import('./commands/agent.ts')),
  entry('server', 'store logs and answer queries', () => import('./commands/server.ts')),
  entry(
    'metrics-server',
    'serve the Metrics API of a cluster (kubectl top, HPA)',
    () => import('./commands/metrics-server.ts'),
  ),
  entry('sandbox', 'act on the sandbox cluster as its node would', () => import('./commands/sandbox.ts')),
  entry('promql', 'test and format PromQL', () => import('./commands/promql.ts')),
  entry('logql', 'test and format LogQL', () => import('./commands/logql.ts')),
  entry('completion', 'print the completion script of a shell', () => import('./commands/completion.ts')),
  entry('version', 'print the version', () => import('./commands/version.ts')),
  entry('__complete', '', () => import('./commands/complete.ts')),
];

function entry(name: string, summary: string, load: () => Promise<{ command(): Command }>): CommandEntry {
  return { name, summary, load: async () => (await load()).command() };
}
