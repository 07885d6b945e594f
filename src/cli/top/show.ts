import { systemClock } from '../../base/clock.ts';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { type ClusterOptions, resolveCluster } from '../cluster-access.ts';
import { untilInterrupted } from '../interrupt.ts';
import { printObject } from '../output/print-object.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { waiting } from '../output/waiting.ts';
import { explain, explanation } from './explain.ts';
import { type Level, queryOf, type TopFlags } from './flags.ts';
import { requireMetricsApi } from './metrics-api.ts';
import { dataOf } from './print-data.ts';
import { printCluster, printTable } from './print-table.ts';
import { readClusterView } from './read-cluster.ts';
import { readNamespacesView, readServicesView, readWorkloadsView } from './read-groups.ts';
import { readNodesView } from './read-nodes.ts';
import { readPodsView } from './read-pods.ts';
import { type Drawn, refresh } from './refresh.ts';
import type { Query, Source, View } from './view.ts';
import { anyErrorText, inKubectlsWords, needsDoctor, toldText } from './words.ts';

const readers: Record<Level, (source: Source, query: Query, nowMs: number) => Promise<View>> = {
  nodes: readNodesView,
  pods: readPodsView,
  services: readServicesView,
  workloads: readWorkloadsView,
  namespaces: readNamespacesView,
  cluster: readClusterView,
};

/** Runs `taffrail top LEVEL`. What goes wrong is said in kubectl's words, with its exit code. */
export async function showTop(level: Level, name: string | undefined, flags: TopFlags): Promise<void> {
  const doctor = doctorCommand(flags);
  const access = resolveCluster(flags);
  const query = queryOf(level, name, flags, access.namespace);
  const client = createClient(access);
  const output = new Output(process.stdout);
  const signal = flags.watch ? untilInterrupted() : undefined;
  const show = () => read(level, { client, signal }, query, flags, doctor);
  try {
    const first = await waiting('asking', show);
    if (signal) {
      await watch(first, show, { output, signal, intervalMs: flags.interval, doctor });
    } else {
      await output.write(first.text);
      process.stderr.write(first.told);
    }
  } catch (error) {
    if (error instanceof OutputClosed || signal?.aborted) return;
    const said = inKubectlsWords(error, doctor);
    if (!said) throw error;
    process.stderr.write(toldText(said));
    process.exitCode = 1;
  } finally {
    client.close();
  }
}

interface Watching {
  output: Output;
  signal: AbortSignal;
  intervalMs: number;
  doctor: string;
}

/** An error after the first frame is shown in its place, and passes when it passes. */
async function watch(first: Drawn, show: () => Promise<Drawn>, { doctor, ...watching }: Watching): Promise<void> {
  let given: Drawn | undefined = first;
  const draw = async () => {
    try {
      const drawn = given ?? (await show());
      given = undefined;
      return drawn;
    } catch (error) {
      return { text: '', told: anyErrorText(error, doctor) };
    }
  };
  await refresh(draw, { ...watching, screen: process.stdout, clock: systemClock });
}

async function read(level: Level, source: Source, query: Query, flags: TopFlags, doctor: string): Promise<Drawn> {
  await requireMetricsApi(source.client, source.signal);
  const view = await readers[level](source, query, systemClock.nowMs());
  const explained = await explain(source.client, view.unserved, source.signal);
  if (flags.output) return { text: printObject(dataOf(view, explained), flags.output), told: '' };
  const told = view.notes.map((note) => `${note}\n`).join('') + explanation(explained);
  const hint = needsDoctor(explained) ? `hint: "${doctor}" finds out which part of the way is broken\n` : '';
  return { text: textOf(view, query, flags), told: empty(view, query) + told + hint };
}

function textOf(view: View, query: Query, flags: TopFlags): string {
  if (view.cluster) return printCluster(view.cluster, query.showCapacity ?? false, flags.headers);
  return printTable(view, {
    namespaces: view.level !== 'nodes' && view.level !== 'namespaces' && query.namespace === undefined,
    containers: view.level === 'pods' && (query.containers ?? false),
    headers: flags.headers,
    sum: flags.sum ?? false,
    nowMs: systemClock.nowMs(),
  });
}

function empty(view: View, { namespace }: Query): string {
  if (view.cluster || view.rows.length > 0) return '';
  return namespace === undefined ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`;
}

/** With the flags that lead to the same cluster. */
function doctorCommand({ kubeconfig, context, dataDir }: ClusterOptions): string {
  const flags = { kubeconfig, context, 'data-dir': dataDir };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return ['taffrail doctor', ...given.map(([name, value]) => `--${name} ${value}`)].join(' ');
}
