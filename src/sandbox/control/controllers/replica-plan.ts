/** Which pods a replica set makes or takes away; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { conditionOf } from '../conditions.ts';
import { msOfKubeTime } from './kube-time.ts';

/** As many as one round makes or takes away, so that a large change does not starve other replica sets. */
export const PODS_PER_ROUND_MAX = 500;
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

export function isActive(pod: KubeObject): boolean {
  return !pod.metadata.deletionTimestamp && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Milliseconds until the pod counts as available; 0 when it does, undefined when it is not ready. */
export function availableInMs(pod: KubeObject, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isReady(pod)) return undefined;
  const since = msOfKubeTime(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime);
  if (minReadySeconds === 0 || since === undefined) return 0;
  return Math.max(0, since + minReadySeconds * 1000 - nowMs);
}

export interface ReplicaPlan {
  create: number;
  delete: KubeObject[];
}

/** `active` are the set's own pods that count. */
export function planReplicas(replicas: number, active: readonly KubeObject[]): ReplicaPlan {
  const missing = replicas - active.length;
  if (missing >= 0) return { create: Math.min(missing, PODS_PER_ROUND_MAX), delete: [] };
  const perNode = new Map<string, number>();
  for (const { spec } of active) perNode.set(spec?.nodeName ?? '', (perNode.get(spec?.nodeName ?? '') ?? 0) + 1);
  const ranked = [...active].sort((left, right) => compareForDeletion(left, right, perNode));
  return { create: 0, delete: ranked.slice(0, Math.min(-missing, PODS_PER_ROUND_MAX)) };
}

/** The less a pod is worth, the earlier it goes: not placed, not running, not ready, cheap by annotation, crowded, young, restarting. */
function compareForDeletion(left: KubeObject, right: KubeObject, perNode: ReadonlyMap<string, number>): number {
  const orders: ((pod: KubeObject) => number)[] = [
    (pod) => (pod.spec?.nodeName ? 1 : 0),
    (pod) => phaseRank(pod),
    (pod) => (isReady(pod) ? 1 : 0),
    (pod) => deletionCost(pod),
    (pod) => -(perNode.get(pod.spec?.nodeName ?? '') ?? 0),
    (pod) => -readySinceMs(pod),
    (pod) => -restarts(pod),
    (pod) => -(msOfKubeTime(pod.metadata.creationTimestamp) ?? 0),
  ];
  for (const order of orders) {
    const difference = order(left) - order(right);
    if (difference !== 0) return difference;
  }
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

function phaseRank({ status }: KubeObject): number {
  return status?.phase === 'Running' ? 2 : status?.phase === 'Unknown' ? 1 : 0;
}

function deletionCost({ metadata }: KubeObject): number {
  const cost = Number(metadata.annotations?.[DELETION_COST] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function readySinceMs({ status }: KubeObject): number {
  const ready = conditionOf(status?.conditions, 'Ready');
  return ready?.status === 'True' ? (msOfKubeTime(ready.lastTransitionTime) ?? 0) : 0;
}

function restarts({ status }: KubeObject): number {
  const statuses: { restartCount?: number }[] = status?.containerStatuses ?? [];
  return statuses.reduce((most, { restartCount = 0 }) => Math.max(most, restartCount), 0);
}
