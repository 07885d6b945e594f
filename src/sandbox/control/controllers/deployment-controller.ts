import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import { deleteExactly } from '../../../kubernetes/client/delete-exactly.ts';
import { labelSelectorOf } from '../../../kubernetes/selector/selector.ts';
import { settleClaims } from './adoption.ts';
import { claim } from './claims.ts';
import { type Controller, type ControllerContext, deploymentPath, replicaSetPath } from './controller.ts';
import {
  deploymentStatus,
  isComplete,
  type Progress,
  progressing,
  withPause,
  withProgress,
} from './deployment-status.ts';
import { findNewSet } from './new-replica-set.ts';
import { NewReplicaSets } from './new-replica-sets.ts';
import { keyOf } from './object-cache.ts';
import { controllerOf, isControlledBy } from './owner.ts';
import { sameStatus } from './replica-set-status.ts';
import { scaleAnnotations } from './rollout-annotations.ts';
import {
  type Bounds,
  boundsOf,
  expiredSets,
  isScaling,
  planRecreate,
  planRollingUpdate,
  planScaling,
  type Scaling,
  specReplicas,
} from './rollout-plan.ts';
import { WorkQueue } from './work-queue.ts';

const NAME = 'deployment-controller';
const OWNER = ['apps/v1', 'Deployment'] as const;
const HISTORY_DEFAULT = 10;

/** One look at a deployment: what there is of it, and what has happened in this round. */
interface Round {
  key: string;
  deployment: KubeObject;
  newSet: KubeObject | undefined;
  old: KubeObject[];
  bounds: Bounds;
  progress?: Progress;
}

/** Moves deployments step by step to their template and size; each step is planned anew from what is there. */
export function createDeploymentController(context: ControllerContext): Controller {
  const { caches, clock, client, events } = context;
  const queue = new WorkQueue(sync, context);
  const newSets = new NewReplicaSets(context);

  wakeBy(caches, queue);

  async function sync(key: string): Promise<void> {
    const deployment = caches.deployments.get(key);
    const selector = labelSelectorOf(deployment?.spec?.selector);
    if (!deployment || !selector || selector.length === 0) return;
    const claims = claim(deployment, selector, caches.replicaSets.inNamespace(deployment.metadata.namespace));
    await settleClaims(client, claims, deployment, OWNER, replicaSetPath);
    const sets = [...claims.owned, ...claims.adopt];
    const newSet = findNewSet(deployment, sets);
    const old = sets.filter((set) => set !== newSet);
    await step({ key, deployment, newSet, old, bounds: boundsOf(deployment) });
  }

  async function step(round: Round): Promise<void> {
    const { deployment, newSet, old, bounds } = round;
    const recreates = deployment.spec?.strategy?.type === 'Recreate';
    if (deployment.metadata.deletionTimestamp) return writeStatus(round);
    const sets = newSet ? [...old, newSet] : old;
    if (deployment.spec?.paused || isScaling(deployment, sets)) {
      const plan = planScaling(bounds, newSet, old, !recreates);
      const rest = sets.filter((set) => specReplicas(set) > 0 && !plan.some((scaling) => scaling.set === set));
      await scale(round, [...plan, ...rest.map((set) => ({ set, replicas: specReplicas(set) }))]);
    } else if (recreates) await stepRecreate(round);
    else {
      const current = await newSets.ensure(round, false);
      Object.assign(round, current);
      await scale(round, planRollingUpdate(bounds, current.newSet, old));
    }
    await writeStatus(round);
  }

  async function stepRecreate(round: Round): Promise<void> {
    const { deployment, bounds, old } = round;
    const down = planRecreate(old);
    if (down.length > 0) return scale(round, down);
    const pods = caches.pods.inNamespace(deployment.metadata.namespace);
    const stillThere = (pod: KubeObject) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
    if (pods.some((pod) => stillThere(pod) && old.some((set) => isControlledBy(pod, set)))) return;
    const current = await newSets.ensure(round, true);
    Object.assign(round, current);
    await scale(round, [{ set: current.newSet, replicas: bounds.replicas }]);
  }

  async function scale({ deployment, bounds }: Round, plan: readonly Scaling[]): Promise<void> {
    const wanted = scaleAnnotations(bounds.replicas, bounds.replicas + bounds.maxSurge);
    for (const { set, replicas } of plan) {
      const before = specReplicas(set);
      const { annotations = {} } = set.metadata;
      if (before === replicas && Object.entries(wanted).every(([key, value]) => annotations[key] === value)) continue;
      const metadata = { ...set.metadata, annotations: { ...annotations, ...wanted } };
      const body = { ...set, metadata, spec: { ...set.spec, replicas } };
      caches.replicaSets.written(set, await client.request(replicaSetPath(set), { method: 'PUT', body }));
      if (before === replicas) continue;
      const direction = replicas > before ? 'up' : 'down';
      const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
      await tell(deployment, 'ScalingReplicaSet', message);
    }
  }

  async function writeStatus(round: Round): Promise<void> {
    const { deployment, newSet, old, bounds, key } = round;
    const nowMs = clock.nowMs();
    const sets = newSet ? [...old, newSet] : old;
    let status = withPause(deployment, deploymentStatus(deployment, newSet, sets, bounds, nowMs), nowMs);
    if (round.progress) status = progressing(status, 'True', round.progress.reason, round.progress.message, nowMs);
    else {
      const next = withProgress(deployment, status, newSet, nowMs);
      status = next.status;
      if (next.recheckMs !== undefined) queue.addAfter(key, next.recheckMs + 1);
    }
    if (!sameStatus(deployment.status, status)) {
      const body = { ...deployment, status };
      const written = await client.request(`${deploymentPath(deployment)}/status`, { method: 'PUT', body });
      caches.deployments.written(deployment, written);
    }
    if (isComplete(deployment, status) && !deployment.spec?.paused) await forgetOld(client, deployment, old);
  }

  function tell(deployment: KubeObject, reason: string, message: string): Promise<void> {
    return events.record(NAME, { apiVersion: OWNER[0], kind: OWNER[1], object: deployment }, 'Normal', reason, message);
  }

  return { run: () => queue.run() };
}

/** A deployment is looked at when it changes, and when one of its replica sets does. */
function wakeBy(caches: ControllerContext['caches'], queue: WorkQueue): void {
  caches.deployments.subscribe((deployment) => queue.add(keyOf(deployment)));
  caches.replicaSets.subscribe((set) => {
    const owner = controllerOf(set);
    if (owner?.kind === 'Deployment') queue.add(`${set.metadata.namespace}/${owner.name}`);
    else if (!owner) for (const each of caches.deployments.inNamespace(set.metadata.namespace)) queue.add(keyOf(each));
  });
  // Recreate waits until the last old pod is gone.
  caches.pods.subscribe((pod, change) => {
    const owner = controllerOf(pod);
    if (change !== 'deleted' || owner?.kind !== 'ReplicaSet') return;
    const set = caches.replicaSets.get(`${pod.metadata.namespace}/${owner.name}`);
    const deployment = set && controllerOf(set);
    if (deployment) queue.add(`${pod.metadata.namespace}/${deployment.name}`);
  });
}

/** Of replica sets that hold nothing any more, as many are kept as the deployment asks for. */
async function forgetOld(client: KubernetesClient, deployment: KubeObject, old: readonly KubeObject[]): Promise<void> {
  for (const set of expiredSets(deployment.spec?.revisionHistoryLimit ?? HISTORY_DEFAULT, old)) {
    await deleteExactly(client, replicaSetPath(set), set.metadata.uid);
  }
}
