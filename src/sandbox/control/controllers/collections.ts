import { messageOf } from '../../../base/fault.ts';
import type { KubernetesClient } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';

/** A collection of objects that can be listed, watched and deleted, as discovery tells of it. */
export interface Collection {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

const discoveryTimeoutMs = 10_000;

interface ResourceList {
  groupVersion: string;
  resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

/** What could be discovered, and which groups could not: nothing is known of what they hold. */
export interface Discovered {
  collections: Collection[];
  /** By `group/version`, why not; empty when everything is known. */
  failures: Map<string, string>;
}

/** One entry a kind, in the version that its group prefers. Rejects when not even the groups are known. */
export async function discoverCollections(client: KubernetesClient): Promise<Discovered> {
  const groups = await client.request<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
  const roots = ['/api/v1', ...groups.groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const collections: Collection[] = [];
  const failures = new Map<string, string>();
  for (const root of roots) {
    let list: ResourceList;
    try {
      list = await client.request<ResourceList>(root, { timeoutMs: discoveryTimeoutMs });
    } catch (error) {
      failures.set(root.replace(/^\/apis?\//, ''), failureOf(error));
      continue;
    }
    const { groupVersion, resources } = list;
    const slash = groupVersion.indexOf('/');
    const group = slash < 0 ? '' : groupVersion.slice(0, slash);
    for (const { name, kind, namespaced, verbs } of resources) {
      if (name.includes('/') || !['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))) continue;
      collections.push({ group, version: groupVersion.slice(slash + 1), kind, plural: name, namespaced });
    }
  }
  // Events are served twice, under the core group and under their own.
  return { collections: collections.filter(({ group }) => group !== 'events.k8s.io'), failures };
}

function failureOf(error: unknown): string {
  if (isApiError(error, 503)) return 'the server is currently unable to handle the request';
  return messageOf(error);
}

/** Of all namespaces without one. */
export function collectionPath({ group, version, plural, namespaced }: Collection, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== undefined ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}

export function objectPath(collection: Collection, namespace: string | undefined, name: string): string {
  return `${collectionPath(collection, namespace)}/${name}`;
}
