import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import { ApiError } from '../../kubernetes/client/status.ts';
import type { Amounts, PartialAmounts } from './amounts.ts';
import { listAll } from './collection.ts';
import { podsPath, podUsages, type Selection, withSignal } from './metrics-api.ts';
import { type PodFacts, podFacts } from './pod-facts.ts';
import { groupFacts, groupUsage, joined, type PodFigures, type Row } from './row.ts';

export type SortKey = 'cpu' | 'memory';

export interface Query extends Selection {
  containers?: boolean;
  sortBy?: SortKey | undefined;
  showCapacity?: boolean;
  /** As in deployment/web. */
  workload?: string | undefined;
  service?: string | undefined;
}

/** Something of which figures are to be expected, and there are none. */
export interface Unserved {
  namespace?: string;
  name: string;
}

/** What one reading gives, before it is printed. */
export interface View {
  level: 'nodes' | 'pods' | 'services' | 'workloads' | 'namespaces' | 'cluster';
  rows: Row[];
  /** Of everything shown, each pod once. */
  total: Row;
  unserved: Unserved[];
  /** What else the reader should know, a sentence each. */
  notes: string[];
  cluster?: ClusterFigures;
}

export interface ClusterFigures {
  nodes: { served: number; known: number };
  pods: { served: number; expected: number };
  capacity: PartialAmounts;
  allocatable: PartialAmounts;
  usageOfNodes: Amounts;
  usageOfPods: Amounts;
  requests: PartialAmounts;
  /** Of the containers that have one. */
  limits: PartialAmounts;
}

/** What a reader reads with. */
export interface Source {
  client: KubernetesClient;
  signal: AbortSignal | undefined;
}

export interface Pods {
  pods: PodFigures[];
  notes: string[];
}

/**
 * Figures of pods, and what the API server knows of them. A caller who may see only the figures gets them alone, unless the labels
 * or owners of the pods are needed too.
 */
export async function readPods({ client, signal }: Source, selection: Selection, needsFacts = false): Promise<Pods> {
  const notes: string[] = [];
  const [usages, facts] = await Promise.all([
    podUsages(client, selection, signal),
    readPodFacts({ client, signal }, selection).catch((error: unknown) => {
      if (needsFacts || !(error instanceof ApiError) || error.code !== 403) throw error;
      notes.push(`requests, limits, restarts and age are not known: ${error.message}`);
      return undefined;
    }),
  ]);
  return { pods: joined(usages, facts), notes };
}

/** Rejects with 404 for a name that there is none of only where the figures do. */
async function readPodFacts({ client, signal }: Source, selection: Selection): Promise<PodFacts[]> {
  const { namespace, name, labelSelector, fieldSelector } = selection;
  const path = podsPath('/api/v1', namespace);
  if (name === undefined) return listAll(client, path, { labelSelector, fieldSelector }, podFacts, signal);
  try {
    return [podFacts(await client.request(`${path}/${encodeURIComponent(name)}`, withSignal(signal)))];
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  }
}

export function unservedOf(pods: readonly PodFigures[]): Unserved[] {
  return pods
    .filter(({ figures, facts }) => !figures && facts?.isRunning)
    .map(({ namespace, name }) => ({ namespace, name }));
}

/** A line for several pods. There is no usage where none of those that should have figures has them. */
export function groupRow(name: { namespace?: string; name: string }, pods: readonly PodFigures[]): Row {
  const facts = groupFacts(pods);
  const served = pods.some(({ figures }) => figures);
  const isUnknown = !served && (facts?.pods?.expected ?? 0) > 0;
  return { ...name, usage: isUnknown ? undefined : groupUsage(pods), facts };
}

/** As kubectl sorts: the largest first, otherwise by namespace and name. What has no usage comes last. */
export function sorted(rows: readonly Row[], sortBy: SortKey | undefined): Row[] {
  const byName = (a: Row, b: Row) =>
    order(a.namespace ?? '', b.namespace ?? '') || order(a.name, b.name) || order(a.container ?? '', b.container ?? '');
  const named = [...rows].sort((a, b) => missing(a) - missing(b) || byName(a, b));
  if (sortBy === undefined) return named;
  const key = sortBy === 'cpu' ? 'cpuNanocores' : 'memoryBytes';
  return named.sort((a, b) => missing(a) - missing(b) || order(b.usage?.[key] ?? 0n, a.usage?.[key] ?? 0n));
}

const missing = (row: Row) => (row.usage ? 0 : 1);

function order<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
