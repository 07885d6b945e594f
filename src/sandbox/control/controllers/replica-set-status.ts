/** The status of a replica set; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { labelSelectorOf, matchesLabels } from '../../../kubernetes/selector/selector.ts';
import { type Condition, conditionOf, withCondition, withoutCondition } from '../conditions.ts';
import { kubeTime } from './kube-time.ts';
import { availableInMs, isReady } from './replica-plan.ts';

export interface ReplicaSetStatus {
  replicas: number;
  fullyLabeledReplicas: number;
  readyReplicas: number;
  availableReplicas: number;
  observedGeneration: number;
  conditions?: Condition[];
}

/** `failure` says why pods could not be made or taken away in the round just done. */
export function replicaSetStatus(
  set: KubeObject,
  active: readonly KubeObject[],
  failure: { reason: string; message: string } | undefined,
  nowMs: number,
): { status: ReplicaSetStatus; recheckMs: number | undefined } {
  const minReadySeconds: number = set.spec?.minReadySeconds ?? 0;
  const templateLabels = labelSelectorOf({ matchLabels: set.spec?.template?.metadata?.labels ?? {} })!;
  const waits = active.map((pod) => availableInMs(pod, minReadySeconds, nowMs)).filter((ms) => ms !== undefined);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: waits.filter((ms) => ms === 0).length,
    observedGeneration: set.metadata.generation ?? 0,
  };
  const conditions = failureCondition(set.status?.conditions, failure, nowMs);
  if (conditions.length > 0) status.conditions = conditions;
  const pending = waits.filter((ms) => ms > 0);
  return { status, recheckMs: pending.length > 0 ? Math.min(...pending) : undefined };
}

function failureCondition(
  before: Condition[] | undefined,
  failure: { reason: string; message: string } | undefined,
  nowMs: number,
): Condition[] {
  if (failure) {
    return withCondition(before, {
      type: 'ReplicaFailure',
      status: 'True',
      ...failure,
      lastTransitionTime: kubeTime(nowMs),
    });
  }
  return conditionOf(before, 'ReplicaFailure') ? withoutCondition(before, 'ReplicaFailure') : (before ?? []);
}

/** Numbers that are zero are left out by the API, so they are compared as such. */
export function sameStatus(left: Record<string, unknown> | undefined, right: object): boolean {
  const plain = (status: object) =>
    JSON.stringify(
      Object.entries(status)
        .filter(([, value]) => value !== 0 && value !== undefined && !(Array.isArray(value) && value.length === 0))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return plain(left ?? {}) === plain(right);
}
