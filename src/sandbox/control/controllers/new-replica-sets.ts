import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import { conditionOf } from '../conditions.ts';
import { type ControllerContext, deploymentPath, replicaSetPath } from './controller.ts';
import type { Progress } from './deployment-status.ts';
import { buildNewSet, findNewSet } from './new-replica-set.ts';
import { isControlledBy } from './owner.ts';
import { sameStatus } from './replica-set-status.ts';
import { followedAnnotations, highestRevision, REVISION } from './rollout-annotations.ts';
import { type Bounds, newReplicas } from './rollout-plan.ts';

export interface Rollout {
  deployment: KubeObject;
  newSet: KubeObject | undefined;
  old: readonly KubeObject[];
  bounds: Bounds;
}

export interface Ensured {
  /** As the server has it after its revision was written. */
  deployment: KubeObject;
  newSet: KubeObject;
  progress?: Progress;
}

/** Sees to it that the replica set of a deployment's current template exists and carries the latest revision. */
export class NewReplicaSets {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  async ensure(rollout: Rollout, recreates: boolean): Promise<Ensured> {
    const { deployment, old } = rollout;
    const revision = highestRevision(old) + 1;
    const ensured = rollout.newSet
      ? await this.#follow(deployment, rollout.newSet, revision)
      : await this.#create(rollout, revision, recreates);
    return { ...ensured, deployment: await this.#writeRevision(deployment, ensured.newSet) };
  }

  async #follow(deployment: KubeObject, set: KubeObject, revision: number): Promise<Omit<Ensured, 'deployment'>> {
    const annotations = followedAnnotations(deployment, set.metadata.annotations, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const isFollowing = sameStatus(set.metadata.annotations, annotations);
    let newSet = set;
    if (!isFollowing || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      newSet = await this.#context.client.request(replicaSetPath(set), {
        method: 'PUT',
        body: { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, minReadySeconds } },
      });
      this.#context.caches.replicaSets.written(set, newSet);
    }
    const isNews =
      annotations[REVISION] !== set.metadata.annotations?.[REVISION] ||
      conditionOf(deployment.status?.conditions, 'Progressing') === undefined;
    if (!isNews) return { newSet };
    const message = `Found new replica set "${set.metadata.name}"`;
    return { newSet, progress: { reason: 'FoundNewReplicaSet', message } };
  }

  async #create(
    { deployment, old, bounds }: Rollout,
    revision: number,
    recreates: boolean,
  ): Promise<Omit<Ensured, 'deployment'>> {
    const { client, events } = this.#context;
    const replicas = newReplicas(bounds, undefined, old, recreates);
    const built = buildNewSet(deployment, replicas, revision, bounds);
    const collection = `/apis/apps/v1/namespaces/${deployment.metadata.namespace}/replicasets`;
    let newSet: KubeObject;
    try {
      newSet = await client.request(collection, { method: 'POST', body: built });
    } catch (error) {
      if (!isApiError(error, 409)) throw error;
      return { newSet: await this.#existing(deployment, built) };
    }
    const { name } = newSet.metadata;
    if (replicas > 0) {
      const subject = { apiVersion: 'apps/v1', kind: 'Deployment', object: deployment };
      const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
      await events.record('deployment-controller', subject, 'Normal', 'ScalingReplicaSet', message);
    }
    return { newSet, progress: { reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` } };
  }

  /** The name is taken: by the set that the cache did not show yet, or by another one, and then another hash is tried. */
  async #existing(deployment: KubeObject, built: KubeObject): Promise<KubeObject> {
    const { client } = this.#context;
    const existing = await client.request(replicaSetPath(built));
    if (isControlledBy(existing, deployment) && findNewSet(deployment, [existing])) return existing;
    const status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
    await client.request(`${deploymentPath(deployment)}/status`, { method: 'PUT', body: { ...deployment, status } });
    throw new Error(`the name ${built.metadata.name} is taken by another replica set`);
  }

  async #writeRevision(deployment: KubeObject, newSet: KubeObject): Promise<KubeObject> {
    const revision = newSet.metadata.annotations?.[REVISION];
    if (revision === undefined || deployment.metadata.annotations?.[REVISION] === revision) return deployment;
    const { resourceVersion } = deployment.metadata;
    const written = await this.#context.client.request(deploymentPath(deployment), {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      // Had somebody changed the deployment meanwhile, the rest of this round would be about another template.
      body: { metadata: { resourceVersion, annotations: { [REVISION]: revision } } },
    });
    this.#context.caches.deployments.written(deployment, written);
    return written;
  }
}
