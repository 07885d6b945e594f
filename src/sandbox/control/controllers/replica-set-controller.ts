import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { labelSelectorOf } from '../../../kubernetes/selector/selector.ts';
import { settleClaims } from './adoption.ts';
import { claim } from './claims.ts';
import { type Controller, type ControllerContext, podPath, replicaSetPath } from './controller.ts';
import { Expectations } from './expectations.ts';
import { keyOf } from './object-cache.ts';
import { controllerOf } from './owner.ts';
import { isActive, planReplicas } from './replica-plan.ts';
import { ReplicaSetPods, replicaSetKind } from './replica-set-pods.ts';
import { replicaSetStatus, sameStatus } from './replica-set-status.ts';
import { WorkQueue } from './work-queue.ts';

/** Keeps as many pods of each replica set running as it asks for. */
export function createReplicaSetController(context: ControllerContext): Controller {
  const { caches, clock, client } = context;
  const expectations = new Expectations(clock);
  const pods = new ReplicaSetPods(context, expectations);
  const queue = new WorkQueue(sync, context);

  caches.replicaSets.subscribe((set, change) => {
    if (change === 'deleted') expectations.forget(set.metadata.uid ?? '');
    queue.add(keyOf(set));
  });
  caches.pods.subscribe((pod, change) => {
    const owner = controllerOf(pod);
    const uid = pod.metadata.uid ?? '';
    if (owner) {
      expectations.observe(owner.uid, `created ${uid}`);
      if (change === 'deleted' || pod.metadata.deletionTimestamp) expectations.observe(owner.uid, `deleted ${uid}`);
      if (owner.kind === 'ReplicaSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    } else for (const set of caches.replicaSets.inNamespace(pod.metadata.namespace)) queue.add(keyOf(set));
  });

  async function sync(key: string): Promise<void> {
    const set = caches.replicaSets.get(key);
    const selector = labelSelectorOf(set?.spec?.selector);
    if (!set || !selector || selector.length === 0) return;
    const uid = set.metadata.uid ?? '';
    const openMs = expectations.openForMs(uid);
    if (openMs !== undefined) return queue.addAfter(key, openMs + 1);

    const claims = claim(set, selector, caches.pods.inNamespace(set.metadata.namespace));
    await settleClaims(client, claims, set, replicaSetKind, podPath);
    const active = [...claims.owned, ...claims.adopt].filter(isActive);
    const failure = set.metadata.deletionTimestamp ? undefined : await settle(set, active);
    await writeStatus(key, set, active, failure);
    if (failure) throw new Error(failure.message);
  }

  async function settle(
    set: KubeObject,
    active: KubeObject[],
  ): Promise<{ reason: string; message: string } | undefined> {
    const plan = planReplicas(set.spec?.replicas ?? 1, active);
    // Nothing can be made in a namespace that is going away, and the set goes with it.
    if (caches.namespaces.get(`/${set.metadata.namespace}`)?.metadata.deletionTimestamp) plan.create = 0;
    for (let made = 0; made < plan.create; made += 1) {
      const error = await pods.create(set);
      if (error !== undefined) return { reason: 'FailedCreate', message: error };
    }
    for (const pod of plan.delete) {
      const error = await pods.remove(set, pod);
      if (error !== undefined) return { reason: 'FailedDelete', message: error };
    }
    return undefined;
  }

  async function writeStatus(
    key: string,
    set: KubeObject,
    active: KubeObject[],
    failure: { reason: string; message: string } | undefined,
  ): Promise<void> {
    const { status, recheckMs } = replicaSetStatus(set, active, failure, clock.nowMs());
    if (recheckMs !== undefined) queue.addAfter(key, recheckMs + 1);
    if (sameStatus(set.status, status)) return;
    const body = { ...set, status };
    caches.replicaSets.written(set, await client.request(`${replicaSetPath(set)}/status`, { method: 'PUT', body }));
  }

  return { run: () => queue.run() };
}
