import { messageOf } from '../../../base/fault.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { deleteExactly } from '../../../kubernetes/client/delete-exactly.ts';
import { type ControllerContext, podPath } from './controller.ts';
import type { Expectations } from './expectations.ts';
import { keyOf } from './object-cache.ts';
import { controllerReference } from './owner.ts';

const NAME = 'replicaset-controller';
export const replicaSetKind = ['apps/v1', 'ReplicaSet'] as const;

/** Makes and deletes the pods of replica sets, and says so in events. Invariant: what it has done and the cache does not show is expected. */
export class ReplicaSetPods {
  readonly #context: ControllerContext;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext, expectations: Expectations) {
    this.#context = context;
    this.#expectations = expectations;
  }

  /** Gives what went wrong, if anything. */
  async create(set: KubeObject): Promise<string | undefined> {
    const { metadata = {}, spec } = set.spec?.template ?? {};
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: `${set.metadata.name}-`,
        namespace: set.metadata.namespace,
        ...(metadata.labels ? { labels: metadata.labels } : {}),
        ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
        ...(metadata.finalizers ? { finalizers: metadata.finalizers } : {}),
        ownerReferences: [controllerReference(set, ...replicaSetKind)],
      },
      spec,
    };
    try {
      const pod = await this.#context.client.request(`/api/v1/namespaces/${set.metadata.namespace}/pods`, {
        method: 'POST',
        body,
      });
      const seen = this.#context.caches.pods.get(keyOf(pod))?.metadata.uid === pod.metadata.uid;
      if (!seen) this.#expectations.expect(set.metadata.uid ?? '', `created ${pod.metadata.uid}`);
      await this.#tell(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      return undefined;
    } catch (error) {
      await this.#tell(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      return messageOf(error);
    }
  }

  /** The same of a pod that is too many. */
  async remove(set: KubeObject, pod: KubeObject): Promise<string | undefined> {
    const uid = pod.metadata.uid ?? '';
    this.#expectations.expect(set.metadata.uid ?? '', `deleted ${uid}`);
    try {
      const isDeleted = await deleteExactly(this.#context.client, podPath(pod), uid);
      if (isDeleted) await this.#tell(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      else this.#expectations.observe(set.metadata.uid ?? '', `deleted ${uid}`);
      return undefined;
    } catch (error) {
      this.#expectations.observe(set.metadata.uid ?? '', `deleted ${uid}`);
      await this.#tell(set, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      return messageOf(error);
    }
  }

  #tell(set: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    const [apiVersion, kind] = replicaSetKind;
    return this.#context.events.record(NAME, { apiVersion, kind, object: set }, type, reason, message);
  }
}
