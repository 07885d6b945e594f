import type { KubernetesClient } from '../../../kubernetes/client/client.ts';

/** A collection of objects that can be listed, watched and deleted, as discovery tells of it. */
export interface Collection {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

interface ResourceList {
  groupVersion: string;
  resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

/** One entry a kind, in the version that its group prefers. */
export async function discoverCollections(client: KubernetesClient): Promise<Collection[]> {
  const groups = await client.request<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
  const roots = ['/api/v1', ...groups.groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const collections: Collection[] = [];
  for (const root of roots) {
    const { groupVersion, resources } = await client.request<ResourceList>(root);
    const slash = groupVersion.indexOf('/');
    const group = slash < 0 ? '' : groupVersion.slice(0, slash);
    for (const { name, kind, namespaced, verbs } of resources) {
      if (name.includes('/') || !['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))) continue;
      collections.push({ group, version: groupVersion.slice(slash + 1), kind, plural: name, namespaced });
    }
  }
  // Events are served twice, under the core group and under their own.
  return collections.filter(({ group }) => group !== 'events.k8s.io');
}

/** Of all namespaces without one. */
export function collectionPath({ group, version, plural, namespaced }: Collection, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== undefined ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}

export function objectPath(collection: Collection, namespace: string | undefined, name: string): string {
  return `${collectionPath(collection, namespace)}/${name}`;
}
