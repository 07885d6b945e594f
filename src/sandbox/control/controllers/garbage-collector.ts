import { backoffMs } from '../../../base/backoff.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import { type Collection, collectionPath, discoverCollections, objectPath } from './collections.ts';
import type { Controller, ControllerContext } from './controller.ts';
import {
  blocks,
  decideGarbage,
  FOREGROUND,
  isOrphaning,
  isWaitingForDependents,
  ORPHAN,
  type OwnerState,
  type Propagation,
} from './garbage-decision.ts';
import { ObjectCache } from './object-cache.ts';
import type { OwnerReference } from './owner.ts';
import { type OwnedNode, OwnerGraph } from './owner-graph.ts';
import { periodically } from './periodic.ts';
import { WorkQueue } from './work-queue.ts';

/** Kinds come and go with extension servers. */
const rediscoveryMs = 30_000;
const discoveryBackoff = { initialMs: 100, delayMsMax: 5000 };
const syncMsMax = 30_000;

interface Monitor {
  collection: Collection;
  cache: ObjectCache;
  watching: Promise<void>;
  stop(): void;
}

/** Deletes what nobody owns any more, and lets owners go in the way that was asked for. */
export function createGarbageCollector(context: ControllerContext): Controller {
  const { client } = context;
  const graph = new OwnerGraph();
  const queue = new WorkQueue(sync, context);
  const monitors = new Map<string, Monitor>();

  /** A group that cannot be asked now keeps what is watched of it. */
  async function rediscover(): Promise<void> {
    const { collections, failures } = await discoverCollections(client);
    const wanted = new Map(collections.filter(isWatched).map((each) => [collectionPath(each), each]));
    for (const [path, monitor] of monitors) {
      const { group, version } = monitor.collection;
      if (!wanted.has(path) && !failures.has(`${group}/${version}`)) forget(path, monitor);
    }
    for (const [path, collection] of wanted) if (!monitors.has(path)) monitors.set(path, started(collection));
  }

  function started(collection: Collection): Monitor {
    const ending = new AbortController();
    const cache = watchOwners(collection);
    const watching = cache.run(AbortSignal.any([context.signal, ending.signal]));
    return { collection, cache, watching, stop: () => ending.abort() };
  }

  function forget(path: string, { cache, stop }: Monitor): void {
    stop();
    monitors.delete(path);
    for (const { metadata } of cache.values()) graph.remove(metadata.uid ?? '');
  }

  function watchOwners(collection: Collection): ObjectCache {
    const cache = new ObjectCache(client, collectionPath(collection), { ...context, transform: ownersOnly });
    cache.subscribe((object, change) => {
      const uid = object.metadata.uid ?? '';
      if (change === 'deleted') graph.remove(uid);
      else graph.upsert({ object, collection });
      queue.add(uid);
      if (change === 'deleted')
        for (const { object: dependent } of graph.dependentsOf(uid)) queue.add(dependent.metadata.uid!);
      for (const owner of object.metadata.ownerReferences ?? []) queue.add(owner.uid);
    });
    return cache;
  }

  async function sync(uid: string): Promise<void> {
    const node = graph.get(uid);
    if (!node) return;
    if (isOrphaning(node.object)) await orphan(node);
    else if (isWaitingForDependents(node.object)) await waitForDependents(node);
    else await collect(node);
  }

  async function collect(node: OwnedNode): Promise<void> {
    const { metadata } = node.object;
    const references = metadata.ownerReferences ?? [];
    if (references.length === 0 || metadata.deletionTimestamp) return;
    const owners = [];
    for (const reference of references) owners.push({ reference, state: await stateOf(reference, node) });
    const decision = decideGarbage(node.object, owners, graph.dependentsOf(metadata.uid!).length > 0);
    if (decision.action === 'delete') await remove(node, decision.propagation);
    else if (decision.action === 'unlink') {
      for (const reference of decision.references) await unlink(node, reference.uid);
    }
  }

  /** An owner that is not in the graph is asked for, since the graph may be behind. */
  async function stateOf(reference: OwnerReference, dependent: OwnedNode): Promise<OwnerState> {
    const owner = graph.get(reference.uid);
    if (owner) return isWaitingForDependents(owner.object) && reference.blockOwnerDeletion ? 'waiting' : 'there';
    const collection = [...monitors.values()]
      .map((monitor) => monitor.collection)
      .find(
        ({ group, version, kind }) =>
          kind === reference.kind && reference.apiVersion === (group === '' ? version : `${group}/${version}`),
      );
    // A kind that is not served cannot be asked for; better to keep too much.
    if (!collection) return 'there';
    try {
      const found = await client.request(objectPath(collection, dependent.object.metadata.namespace, reference.name));
      return found.metadata.uid === reference.uid ? 'there' : 'gone';
    } catch (error) {
      if (isApiError(error, 404)) return 'gone';
      throw error;
    }
  }

  async function waitForDependents(owner: OwnedNode): Promise<void> {
    const uid = owner.object.metadata.uid!;
    const dependents = graph.dependentsOf(uid);
    if (!dependents.some(({ object }) => blocks(object, uid))) return dropFinalizer(owner, FOREGROUND);
    for (const dependent of dependents) await collect(dependent);
  }

  async function orphan(owner: OwnedNode): Promise<void> {
    const uid = owner.object.metadata.uid!;
    for (const dependent of graph.dependentsOf(uid)) await unlink(dependent, uid);
    await dropFinalizer(owner, ORPHAN);
  }

  async function remove(node: OwnedNode, propagationPolicy: Propagation): Promise<void> {
    const { uid } = node.object.metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy };
    await gone(client.request(pathOf(node), { method: 'DELETE', body }));
  }

  async function unlink(node: OwnedNode, ownerUid: string): Promise<void> {
    const metadata = { uid: node.object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: ownerUid }] };
    const contentType = 'application/strategic-merge-patch+json';
    await gone(client.request(pathOf(node), { method: 'PATCH', contentType, body: { metadata } }));
  }

  async function dropFinalizer(node: OwnedNode, finalizer: string): Promise<void> {
    const { uid } = node.object.metadata;
    const metadata = { uid, '$deleteFromPrimitiveList/finalizers': [finalizer] };
    const contentType = 'application/strategic-merge-patch+json';
    await gone(client.request(pathOf(node), { method: 'PATCH', contentType, body: { metadata } }));
  }

  /** Of all that was found first; an owner that is not known yet must not be taken for gone. */
  async function synced(): Promise<void> {
    const held = [...monitors.values()];
    await Promise.race([
      Promise.all(held.map(({ cache }) => cache.synced)),
      // One extension server that does not answer must not hold up everything; whoever is not known is asked for.
      context.clock.sleep(syncMsMax, context.signal).catch(() => {}),
    ]);
  }

  async function discoverFirst(): Promise<void> {
    for (let attempt = 0; !context.signal.aborted; attempt += 1) {
      try {
        return await rediscover();
      } catch (error) {
        context.log.warn('the API server cannot be asked what it serves', { error: String(error) });
        await context.clock.sleep(backoffMs(attempt, discoveryBackoff), context.signal).catch(() => {});
      }
    }
  }

  return {
    async run() {
      await discoverFirst();
      await synced();
      await Promise.all([queue.run(), periodically(rediscoveryMs, rediscover, context)]);
      await Promise.all([...monitors.values()].map(({ watching }) => watching));
    },
  };
}

/** Nothing owns an event, and there are many. */
function isWatched({ plural, group }: Collection): boolean {
  return !(plural === 'events' && group === '');
}

function pathOf({ object, collection }: OwnedNode): string {
  return objectPath(collection, object.metadata.namespace, object.metadata.name);
}

/** Somebody else may have been faster. */
async function gone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

/** Owners and finalizers are all that is remembered of every object in the cluster. */
function ownersOnly({ metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, ownerReferences, finalizers, deletionTimestamp } = metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
  };
}
