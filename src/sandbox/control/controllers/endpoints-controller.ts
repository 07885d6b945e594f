import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { deleteExactly } from '../../../kubernetes/client/delete-exactly.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { plannedSubsets } from './endpoints-plan.ts';
import { keyOf, ObjectCache } from './object-cache.ts';
import { WorkQueue } from './work-queue.ts';

/** Writes the endpoints of services that select pods; those of services without a selector belong to whoever wrote them. */
export function createEndpointsController(context: ControllerContext): Controller {
  const { client, caches, signal } = context;
  const services = new ObjectCache(client, '/api/v1/services', context);
  const endpoints = new ObjectCache(client, '/api/v1/endpoints', context);
  const queue = new WorkQueue(sync, context);

  /** Services that were seen going: their endpoints go too, whoever wrote them. Those that come before their service stay. */
  const gone = new Set<string>();

  services.subscribe((service, change) => {
    if (change === 'deleted') gone.add(keyOf(service));
    queue.add(keyOf(service));
  });
  endpoints.subscribe((object) => queue.add(keyOf(object)));
  // A pod that changes its labels leaves one service for another: all of its namespace are looked at.
  caches.pods.subscribe(({ metadata }) => {
    for (const service of services.inNamespace(metadata.namespace)) queue.add(keyOf(service));
  });

  async function sync(key: string): Promise<void> {
    const service = services.get(key);
    const held = endpoints.get(key);
    if (!service) {
      if (held && gone.has(key)) await remove(held);
      gone.delete(key);
      return;
    }
    gone.delete(key);
    const subsets = plannedSubsets(service, caches.pods.inNamespace(service.metadata.namespace));
    if (!subsets || (held && isDeepStrictEqual(held.subsets ?? [], subsets))) return;
    const { name, namespace, labels } = service.metadata;
    const path = `/api/v1/namespaces/${namespace}/endpoints`;
    const body = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...(held?.metadata ?? { name, namespace }), ...(labels ? { labels } : {}) },
      subsets,
    };
    if (!held) {
      await client.request(path, { method: 'POST', body });
      return;
    }
    const written = await client.request(`${path}/${name}`, { method: 'PUT', body });
    endpoints.written(held, written);
  }

  async function remove({ metadata }: KubeObject): Promise<void> {
    const path = `/api/v1/namespaces/${metadata.namespace}/endpoints/${metadata.name}`;
    await deleteExactly(client, path, metadata.uid);
  }

  return {
    async run() {
      const watching = [services.run(signal), endpoints.run(signal)];
      await Promise.race([Promise.all([services.synced, endpoints.synced, caches.pods.synced]), ...watching]);
      await Promise.all([queue.run(), ...watching]);
    },
  };
}
