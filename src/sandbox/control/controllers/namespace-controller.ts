import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import { type Collection, collectionPath, discoverCollections } from './collections.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { kubeTime } from './kube-time.ts';
import { type Emptying, emptyingConditions } from './namespace-conditions.ts';
import { keyOf } from './object-cache.ts';
import { WorkQueue } from './work-queue.ts';

const FINALIZER = 'kubernetes';
/** Those that every cluster has. */
const LASTING = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
/** How soon a namespace that is not empty yet is looked at again. */
const RECHECK_MS = 500;

/** Empties namespaces that are being deleted and then lets them go; makes those that every cluster has. */
export function createNamespaceController(context: ControllerContext): Controller {
  const { caches, client } = context;
  const queue = new WorkQueue(sync, context);

  caches.namespaces.subscribe((namespace) => {
    if (namespace.metadata.deletionTimestamp || LASTING.includes(namespace.metadata.name)) queue.add(keyOf(namespace));
  });

  async function sync(key: string): Promise<void> {
    const namespace = caches.namespaces.get(key);
    const name = key.slice(1);
    if (!namespace && LASTING.includes(name)) await make(name);
    const finalizers: string[] = namespace?.spec?.finalizers ?? [];
    if (!namespace?.metadata.deletionTimestamp || !finalizers.includes(FINALIZER)) return;
    // Anew each time: what an unavailable extension server holds is not known, so the namespace may not go before it is.
    const { collections, failures } = await discoverCollections(client);
    const found = { failures, left: new Map<string, number>(), held: new Map<string, number>() };
    for (const collection of collections)
      if (collection.namespaced) await empty(collection, namespace.metadata.name, found);
    if (found.left.size === 0 && failures.size === 0) return finalize(namespace, finalizers);
    await tell(namespace, found);
    queue.addAfter(key, RECHECK_MS);
  }

  /** Counts what is left: pods take their time, and finalizers hold. */
  async function empty(
    collection: Collection,
    namespace: string,
    { left, held }: { left: Map<string, number>; held: Map<string, number> },
  ): Promise<void> {
    const path = collectionPath(collection, namespace);
    const list = await client.request<{ items?: KubeObject[] }>(path);
    const items = list.items ?? [];
    const standing = items.filter(({ metadata }) => !metadata.deletionTimestamp);
    for (const { metadata } of standing) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
      try {
        await client.request(`${path}/${metadata.name}`, { method: 'DELETE', body });
      } catch (error) {
        if (!isApiError(error, 404)) throw error;
      }
    }
    if (items.length > 0) left.set(`${collection.plural}.${collection.group}`, items.length);
    for (const finalizer of items.flatMap(({ metadata }) => metadata.finalizers ?? []))
      held.set(finalizer, (held.get(finalizer) ?? 0) + 1);
  }

  async function tell(namespace: KubeObject, found: Emptying): Promise<void> {
    const before = namespace.status?.conditions;
    const conditions = emptyingConditions(before, found, kubeTime(context.clock.nowMs()));
    if (isDeepStrictEqual(conditions, before)) return;
    const body = { status: { conditions } };
    const contentType = 'application/merge-patch+json';
    const path = `/api/v1/namespaces/${namespace.metadata.name}/status`;
    const told = await client.request(path, { method: 'PATCH', contentType, body });
    caches.namespaces.written(namespace, told);
  }

  async function finalize(namespace: KubeObject, finalizers: readonly string[]): Promise<void> {
    const spec = { ...namespace.spec, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) };
    const { name } = namespace.metadata;
    try {
      await client.request(`/api/v1/namespaces/${name}/finalize`, { method: 'PUT', body: { ...namespace, spec } });
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }

  async function make(name: string): Promise<void> {
    try {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      await client.request('/api/v1/namespaces', { method: 'POST', body });
    } catch (error) {
      if (!isApiError(error, 409)) throw error;
    }
  }

  return {
    run() {
      for (const name of LASTING) queue.add(`/${name}`);
      return queue.run();
    },
  };
}
