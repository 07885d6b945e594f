import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import { type Collection, collectionPath } from './collections.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { keyOf } from './object-cache.ts';
import { WorkQueue } from './work-queue.ts';

const FINALIZER = 'kubernetes';
/** Those that every cluster has. */
const LASTING = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
/** How soon a namespace that is not empty yet is looked at again. */
const RECHECK_MS = 500;

/** Empties namespaces that are being deleted and then lets them go; makes those that every cluster has. */
export function createNamespaceController(context: ControllerContext, collections: readonly Collection[]): Controller {
  const { caches, client } = context;
  const queue = new WorkQueue(sync, context);
  const contents = collections.filter(({ namespaced }) => namespaced);

  caches.namespaces.subscribe((namespace) => {
    if (namespace.metadata.deletionTimestamp || LASTING.includes(namespace.metadata.name)) queue.add(keyOf(namespace));
  });

  async function sync(key: string): Promise<void> {
    const namespace = caches.namespaces.get(key);
    const name = key.slice(1);
    if (!namespace && LASTING.includes(name)) await make(name);
    const finalizers: string[] = namespace?.spec?.finalizers ?? [];
    if (!namespace?.metadata.deletionTimestamp || !finalizers.includes(FINALIZER)) return;
    let left = 0;
    for (const collection of contents) left += await empty(collection, namespace.metadata.name);
    if (left > 0) queue.addAfter(key, RECHECK_MS);
    else await finalize(namespace, finalizers);
  }

  /** How many are left: pods take their time, and finalizers hold. */
  async function empty(collection: Collection, namespace: string): Promise<number> {
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
    return items.length;
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
