import type { KubeObject } from '../../kubernetes/client/client.ts';
import { ApiError } from '../../kubernetes/client/status.ts';
import { nothingSet, type PartialAmounts, partialAmounts, sum, sumOfSet } from './amounts.ts';
import { listAll } from './collection.ts';
import { type NodeUsage, nodeUsages, withSignal } from './metrics-api.ts';
import { groupFacts, limitsSet, type PodFigures, type Row } from './row.ts';
import { type Query, readPods, type Source, sorted, type View } from './view.ts';

export interface NodeFacts {
  name: string;
  createdMs: number;
  capacity: PartialAmounts;
  allocatable: PartialAmounts;
}

export interface Nodes {
  usages: NodeUsage[];
  facts: NodeFacts[];
}

/** `taffrail top nodes` */
export async function readNodesView(source: Source, query: Query): Promise<View> {
  const [{ usages, facts }, { pods, notes }] = await Promise.all([readNodes(source, query), readPodsOfNodes(source)]);
  const byName = new Map(facts.map((each) => [each.name, each]));
  const podsOf = Map.groupBy(pods, (pod) => pod.facts?.node ?? '');
  const rowOf = (name: string, usage: NodeUsage | undefined): Row => {
    const known = byName.get(name);
    const here = podsOf.get(name) ?? [];
    const ofPods = groupFacts(here);
    return {
      name,
      usage: usage?.usage,
      ...(usage ? { timestamp: usage.timestamp, window: usage.window } : {}),
      ...(known ? { available: query.showCapacity ? known.capacity : known.allocatable } : {}),
      facts: ofPods && { ...ofPods, limits: limitsSet(here), createdMs: known?.createdMs ?? Number.NaN },
    };
  };
  const served = new Set(usages.map(({ name }) => name));
  const unserved = facts.filter(({ name }) => !served.has(name));
  const rows = [...usages.map((each) => rowOf(each.name, each)), ...unserved.map(({ name }) => rowOf(name, undefined))];
  const names = new Set(rows.map(({ name }) => name));
  const podsShown = pods.filter((pod) => names.has(pod.facts?.node ?? ''));
  const factsShown = groupFacts(podsShown);
  return {
    level: 'nodes',
    rows: sorted(rows, query.sortBy),
    total: {
      name: '',
      usage: sum(usages.map(({ usage }) => usage)),
      available: sumOfSet(rows.map(({ available }) => available ?? nothingSet)),
      facts: factsShown && { ...factsShown, limits: limitsSet(podsShown) },
    },
    unserved: unserved.map(({ name }) => ({ name })),
    notes,
  };
}

/** Figures of nodes, and what the API server knows of these; both are needed, as for kubectl. */
export async function readNodes({ client, signal }: Source, query: Query): Promise<Nodes> {
  const { name, labelSelector } = query;
  const path = '/api/v1/nodes';
  const usages = nodeUsages(client, query, signal);
  if (name !== undefined) {
    // One after the other, so that of a node that there is not, the same is said as kubectl says.
    const found = await usages;
    const node = await client.request(`${path}/${encodeURIComponent(name)}`, withSignal(signal));
    return { usages: found, facts: [nodeFacts(node)] };
  }
  const [found, facts] = await Promise.all([usages, listAll(client, path, { labelSelector }, nodeFacts, signal)]);
  return { usages: found, facts };
}

/** Nodes are shown to whoever may see them and not their pods. */
async function readPodsOfNodes(source: Source): Promise<{ pods: PodFigures[]; notes: string[] }> {
  try {
    return await readPods(source, {});
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { pods: [], notes: [`what the nodes' pods ask for is not known: ${error.message}`] };
  }
}

function nodeFacts({ metadata, status }: KubeObject): NodeFacts {
  const capacity = partialAmounts(status?.capacity);
  // kubectl takes the capacity where nothing is said of what may be given out.
  const allocatable = status?.allocatable ? partialAmounts(status.allocatable) : capacity;
  return { name: metadata.name, createdMs: Date.parse(metadata.creationTimestamp ?? ''), capacity, allocatable };
}
