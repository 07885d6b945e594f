import { deleteExactly } from '../../../kubernetes/client/delete-exactly.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import { objectPath } from './collections.ts';
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
import type { OwnerReference } from './owner.ts';
import { type OwnedNode, OwnerGraph } from './owner-graph.ts';
import { OwnerWatches } from './owner-watches.ts';
import { WorkQueue } from './work-queue.ts';

/** Deletes what nobody owns any more, and lets owners go in the way that was asked for. */
export function createGarbageCollector(context: ControllerContext): Controller {
  const { client } = context;
  const graph = new OwnerGraph();
  const queue = new WorkQueue(sync, context);
  const watches = new OwnerWatches(context, graph, (uid) => queue.add(uid));

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
    const collection = watches.collectionOf(reference);
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
    await deleteExactly(client, pathOf(node), node.object.metadata.uid, { propagationPolicy });
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

  return {
    async run() {
      await watches.start();
      await Promise.all([queue.run(), watches.run()]);
    },
  };
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
