import type { KubeObject } from '../../kubernetes/client/client.ts';
import { ApiError } from '../../kubernetes/client/status.ts';
import { listAll } from './collection.ts';
import { keyOf, type PodFigures } from './row.ts';
import type { Source } from './view.ts';

interface Owner {
  kind: string;
  name: string;
}

export interface Workload {
  namespace: string;
  /** As in deployment/web; a pod that nothing owns is pod/NAME. */
  name: string;
  pods: PodFigures[];
}

/** Kinds between a pod and what people call its workload. */
const between: Record<string, { group: string; plural: string }> = {
  ReplicaSet: { group: 'apps', plural: 'replicasets' },
  Job: { group: 'batch', plural: 'jobs' },
};

/** Pods by what is at the top of their owner chain. Where a link may not be read, the chain ends before it, and a note says so. */
export async function workloadsOf(
  source: Source,
  pods: readonly PodFigures[],
  namespace: string | undefined,
): Promise<{ workloads: Workload[]; notes: string[] }> {
  const notes: string[] = [];
  const owners = new Map<string, Owner>();
  for (const [kind, link] of Object.entries(between)) {
    if (!pods.some(({ facts }) => facts?.owner?.kind === kind)) continue;
    try {
      await readOwners(source, kind, link, namespace, owners);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notes.push(`what owns the ${link.plural} is not known: ${error.message}`);
    }
  }
  const workloads = new Map<string, Workload>();
  for (const pod of pods) {
    const name = nameOf(pod, owners);
    const key = keyOf(pod.namespace, name);
    const known = workloads.get(key);
    if (known) known.pods.push(pod);
    else workloads.set(key, { namespace: pod.namespace, name, pods: [pod] });
  }
  return { workloads: [...workloads.values()], notes };
}

/** A static pod's owner is its node, which is no workload. */
function nameOf({ namespace, name, facts }: PodFigures, owners: ReadonlyMap<string, Owner>): string {
  const owner = facts?.owner;
  if (!owner || owner.kind === 'Node') return `pod/${name}`;
  const above = owners.get(ownerKey(namespace, owner)) ?? owner;
  return `${above.kind.toLowerCase()}/${above.name}`;
}

async function readOwners(
  { client, signal }: Source,
  kind: string,
  { group, plural }: { group: string; plural: string },
  namespace: string | undefined,
  owners: Map<string, Owner>,
): Promise<void> {
  const base = `/apis/${group}/v1`;
  const path = namespace === undefined ? `${base}/${plural}` : `${base}/namespaces/${namespace}/${plural}`;
  const controllerOf = ({ metadata }: KubeObject) => ({
    key: ownerKey(metadata.namespace ?? '', { kind, name: metadata.name }),
    owner: metadata.ownerReferences?.find(({ controller }) => controller),
  });
  for (const { key, owner } of await listAll(client, path, {}, controllerOf, signal))
    if (owner) owners.set(key, { kind: owner.kind, name: owner.name });
}

function ownerKey(namespace: string, { kind, name }: Owner): string {
  return `${namespace}/${kind}/${name}`;
}
