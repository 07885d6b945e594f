import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type Condition, conditionOf, withCondition } from '../conditions.ts';
import { type Controller, type ControllerContext, podPath } from './controller.ts';
import { kubeTime } from './kube-time.ts';
import { chooseNode } from './node-choice.ts';
import { keyOf } from './object-cache.ts';
import { WorkQueue } from './work-queue.ts';

const NAME = 'default-scheduler';

/** Binds pods to nodes, or says on the pod why none will do. */
export function createScheduler(context: ControllerContext): Controller {
  const { caches, clock, client, events } = context;
  /** Bound, but not yet seen so in the cache: counted on their nodes all the same. */
  const assumed = new Map<string, KubeObject>();
  const queue = new WorkQueue(sync, context);

  caches.pods.subscribe((pod, change) => {
    const key = keyOf(pod);
    if (change === 'deleted' || pod.spec?.nodeName) assumed.delete(key);
    if (change === 'upserted' && isWaiting(pod)) queue.add(key);
    // Room on a node may be what others wait for.
    if (change === 'deleted' || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') retryAll();
  });
  caches.nodes.subscribe(retryAll);

  function retryAll(): void {
    for (const pod of caches.pods.values()) if (isWaiting(pod)) queue.add(keyOf(pod));
  }

  function isWaiting(pod: KubeObject): boolean {
    return (
      !pod.spec?.nodeName &&
      !pod.metadata.deletionTimestamp &&
      (pod.spec?.schedulingGates ?? []).length === 0 &&
      (pod.spec?.schedulerName ?? NAME) === NAME &&
      !assumed.has(keyOf(pod))
    );
  }

  async function sync(key: string): Promise<void> {
    const pod = caches.pods.get(key);
    if (!pod || !isWaiting(pod)) return;
    const pods = [...caches.pods.values()].filter((other) => !assumed.has(keyOf(other)));
    const choice = chooseNode(pod, [...caches.nodes.values()], [...pods, ...assumed.values()]);
    if ('node' in choice) await bind(pod, choice.node.metadata.name);
    else await refuse(pod, choice.message);
  }

  async function bind(pod: KubeObject, node: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    await client.request(`${podPath(pod)}/binding`, {
      method: 'POST',
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      },
    });
    const key = keyOf(pod);
    const seen = caches.pods.get(key);
    if (seen && seen.metadata.uid === uid && !seen.spec?.nodeName) {
      assumed.set(key, { ...pod, spec: { ...pod.spec, nodeName: node } });
    }
    await tell(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  async function refuse(pod: KubeObject, message: string): Promise<void> {
    const conditions: Condition[] | undefined = pod.status?.conditions;
    const before = conditionOf(conditions, 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    const lastTransitionTime = kubeTime(clock.nowMs());
    const next = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
    await client.request(`${podPath(pod)}/status`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion: pod.metadata.resourceVersion },
        status: { conditions: withCondition(conditions, next) },
      },
    });
    await tell(pod, 'Warning', 'FailedScheduling', message);
  }

  function tell(pod: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    return events.record(NAME, { apiVersion: 'v1', kind: 'Pod', object: pod }, type, reason, message);
  }

  return { run: () => queue.run() };
}
