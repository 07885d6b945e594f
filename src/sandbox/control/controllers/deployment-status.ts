/** The status of a deployment and its conditions; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type Condition, conditionOf, withCondition, withoutCondition } from '../conditions.ts';
import { kubeTime, msOfKubeTime } from './kube-time.ts';
import { availableReplicas, type Bounds, totalReplicas } from './rollout-plan.ts';

export interface DeploymentStatus {
  observedGeneration: number;
  replicas: number;
  updatedReplicas: number;
  readyReplicas: number;
  availableReplicas: number;
  unavailableReplicas: number;
  collisionCount?: number;
  conditions: Condition[];
}

/** A change of reason that happened in this round: a set was created or found, the rollout was paused. */
export interface Progress {
  reason: string;
  message: string;
}

const sum = (sets: readonly KubeObject[], of: (set: KubeObject) => number) =>
  sets.reduce((total, set) => total + of(set), 0);

export function deploymentStatus(
  deployment: KubeObject,
  newSet: KubeObject | undefined,
  sets: readonly KubeObject[],
  bounds: Bounds,
  nowMs: number,
): DeploymentStatus {
  const available = sum(sets, availableReplicas);
  const { collisionCount } = deployment.status ?? {};
  const conditions = withFailure(deployment.status?.conditions, sets);
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(sets, (set) => set.status?.replicas ?? 0),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalReplicas(sets) - available),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions, availability(available >= bounds.replicas - bounds.maxUnavailable, nowMs)),
  };
}

/** A replica set that cannot make its pods says why, and the deployment passes it on. */
function withFailure(before: Condition[] | undefined, sets: readonly KubeObject[]): Condition[] {
  const failures = sets.map((set) => conditionOf(set.status?.conditions, 'ReplicaFailure'));
  const failure = failures.find((condition) => condition?.status === 'True');
  if (!failure) return withoutCondition(before, 'ReplicaFailure');
  const { lastTransitionTime = '' } = failure;
  return withCondition(before, { ...failure, lastTransitionTime, lastUpdateTime: lastTransitionTime });
}

function availability(isEnough: boolean, nowMs: number): Condition & { lastTransitionTime: string } {
  const time = kubeTime(nowMs);
  return {
    type: 'Available',
    status: isEnough ? 'True' : 'False',
    reason: isEnough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isEnough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
}

export function isComplete(deployment: KubeObject, status: DeploymentStatus): boolean {
  const replicas: number = deployment.spec?.replicas ?? 1;
  return (
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    status.observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

/** Sets the Progressing condition, and says when the deadline has to be looked at again. */
export function withProgress(
  deployment: KubeObject,
  status: DeploymentStatus,
  newSet: KubeObject | undefined,
  nowMs: number,
): { status: DeploymentStatus; recheckMs: number | undefined } {
  const deadlineS: number | undefined = deployment.spec?.progressDeadlineSeconds;
  if (deadlineS === undefined || deployment.spec?.paused) return { status, recheckMs: undefined };
  const before = conditionOf(status.conditions, 'Progressing');
  const wasComplete = before?.reason === 'NewReplicaSetAvailable' && status.replicas === status.updatedReplicas;
  const name = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const set = (state: string, reason: string, message: string) => progressing(status, state, reason, message, nowMs);

  if (wasComplete || isComplete(deployment, status)) {
    const done = set('True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`);
    return { status: wasComplete && before ? status : done, recheckMs: undefined };
  }
  if (hasProgressed(deployment, status)) {
    return {
      status: touched(set('True', 'ReplicaSetUpdated', `${name} is progressing.`), nowMs),
      recheckMs: deadlineS * 1000,
    };
  }
  const sinceMs = msOfKubeTime(before?.lastUpdateTime ?? before?.lastTransitionTime) ?? nowMs;
  const leftMs = sinceMs + deadlineS * 1000 - nowMs;
  if (before?.reason === 'ProgressDeadlineExceeded') return { status, recheckMs: undefined };
  if (leftMs > 0) return { status, recheckMs: leftMs };
  return {
    status: set('False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`),
    recheckMs: undefined,
  };
}

/** The Progressing condition says so while a rollout is paused, and when it goes on. */
export function withPause(deployment: KubeObject, status: DeploymentStatus, nowMs: number): DeploymentStatus {
  const before = conditionOf(status.conditions, 'Progressing');
  if (before?.reason === 'ProgressDeadlineExceeded') return status;
  if (deployment.spec?.paused) {
    return progressing(status, 'Unknown', 'DeploymentPaused', 'Deployment is paused', nowMs);
  }
  if (before?.reason !== 'DeploymentPaused') return status;
  return progressing(status, 'Unknown', 'DeploymentResumed', 'Deployment is resumed', nowMs);
}

/** With the condition as something that happened in this round left it. */
export function progressing(
  status: DeploymentStatus,
  state: string,
  reason: string,
  message: string,
  nowMs: number,
): DeploymentStatus {
  const time = kubeTime(nowMs);
  const condition = {
    type: 'Progressing',
    status: state,
    reason,
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  return { ...status, conditions: withCondition(status.conditions, condition) };
}

/** The time of update moves with every step forward, though nothing else of the condition changes. */
function touched(status: DeploymentStatus, nowMs: number): DeploymentStatus {
  const conditions = status.conditions.map((condition) =>
    condition.type === 'Progressing' ? { ...condition, lastUpdateTime: kubeTime(nowMs) } : condition,
  );
  return { ...status, conditions };
}

function hasProgressed(deployment: KubeObject, status: DeploymentStatus): boolean {
  const before = { updatedReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0, ...deployment.status };
  return (
    status.updatedReplicas > before.updatedReplicas ||
    status.replicas - status.updatedReplicas < before.replicas - before.updatedReplicas ||
    status.readyReplicas > before.readyReplicas ||
    status.availableReplicas > before.availableReplicas
  );
}
