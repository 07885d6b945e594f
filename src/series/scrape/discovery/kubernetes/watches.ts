import type { Clock } from '../../../../base/clock.ts';
import { messageOf } from '../../../../base/fault.ts';
import type { KubeObject, KubernetesClient } from '../../../../kubernetes/client/client.ts';
import { createReflector } from '../../../../kubernetes/client/reflector.ts';
import { isApiError } from '../../../../kubernetes/client/status.ts';
import type { Surroundings } from '../../target/surroundings.ts';

/** The kinds that are watched, and where the API has them. */
export const collections = {
  nodes: '/api/v1/nodes',
  namespaces: '/api/v1/namespaces',
  pods: '/api/v1/pods',
  services: '/api/v1/services',
  endpoints: '/api/v1/endpoints',
  endpointslices: '/apis/discovery.k8s.io/v1/endpointslices',
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
  deployments: '/apis/apps/v1/deployments',
  replicasets: '/apis/apps/v1/replicasets',
  statefulsets: '/apis/apps/v1/statefulsets',
  daemonsets: '/apis/apps/v1/daemonsets',
  jobs: '/apis/batch/v1/jobs',
  horizontalpodautoscalers: '/apis/autoscaling/v2/horizontalpodautoscalers',
  servicemonitors: '/apis/monitoring.coreos.com/v1/servicemonitors',
  podmonitors: '/apis/monitoring.coreos.com/v1/podmonitors',
} as const;
export type Collection = keyof typeof collections;

export interface Selection {
  collection: Collection;
  /** Undefined: all of them, or a kind without namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export type ObjectListener = (key: string, object: KubeObject | undefined) => void;

/** Objects of the cluster as a watch tells them. */
export class WatchedObjects {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<ObjectListener>();
  #onSynced: () => void = () => {};
  /** After the first complete list. */
  readonly synced: Promise<void> = new Promise((resolve) => {
    this.#onSynced = resolve;
  });

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  entries(): IterableIterator<[string, KubeObject]> {
    return this.#objects.entries();
  }

  /** Told of every object that there is, and then of every change; undefined: it is gone. */
  subscribe(listener: ObjectListener): () => void {
    this.#listeners.add(listener);
    for (const [key, object] of this.#objects) listener(key, object);
    return () => this.#listeners.delete(listener);
  }

  /** For the watch alone. */
  set(object: KubeObject, present: boolean): void {
    const key = keyOf(object);
    if (present) this.#objects.set(key, object);
    else this.#objects.delete(key);
    for (const listener of this.#listeners) listener(key, present ? object : undefined);
  }

  /** For the watch alone. */
  listed(): void {
    this.#onSynced();
  }
}

/** `namespace/name`, or the name alone. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** One watch for all who want the same objects. They end with the signal. */
export class SharedWatches {
  readonly #client: KubernetesClient;
  readonly #around: Surroundings;
  readonly #signal: AbortSignal;
  readonly #watched = new Map<string, WatchedObjects>();
  readonly #running: Promise<void>[] = [];

  constructor(client: KubernetesClient, around: Surroundings, signal: AbortSignal) {
    this.#client = client;
    this.#around = around;
    this.#signal = signal;
  }

  get clock(): Clock {
    return this.#around.clock;
  }

  /** The namespace that this process runs in, as its credentials say. */
  get ownNamespace(): string {
    return this.#client.access.namespace;
  }

  objects(selection: Selection): WatchedObjects {
    const { collection, namespace, labelSelector, fieldSelector } = selection;
    const key = JSON.stringify([collection, namespace, labelSelector, fieldSelector]);
    let watched = this.#watched.get(key);
    if (!watched) {
      watched = new WatchedObjects();
      this.#watched.set(key, watched);
      this.#running.push(this.#watch(selection, watched));
    }
    return watched;
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #watch(selection: Selection, watched: WatchedObjects): Promise<void> {
    const { log, metrics, clock, random } = this.#around;
    const { collection, namespace, labelSelector, fieldSelector } = selection;
    const path = collections[collection];
    const reflector = createReflector(
      this.#client,
      {
        path: namespace === undefined ? path : path.replace(/[^/]+$/, (kind) => `namespaces/${namespace}/${kind}`),
        ...(labelSelector ? { labelSelector } : {}),
        ...(fieldSelector ? { fieldSelector } : {}),
        transform: trimmed,
      },
      {
        onUpsert: (object) => watched.set(object, true),
        onDelete: (object) => watched.set(object, false),
        onSynced: () => watched.listed(),
        onTrouble: (error) => {
          // A kind that this cluster does not have is no failure; it may come later.
          if (!isApiError(error, 404)) metrics.discoveryFailures.add(1, { collection });
          log.debug('a watch was interrupted', { collection, error: messageOf(error) });
        },
      },
      { clock, random },
    );
    await reflector.run(this.#signal);
  }
}

/** Without what is large and nobody here reads. */
function trimmed(object: KubeObject): KubeObject {
  const {
    managedFields: _,
    annotations,
    ...metadata
  } = object.metadata as KubeObject['metadata'] & { managedFields?: unknown };
  const { 'kubectl.kubernetes.io/last-applied-configuration': __, ...kept } = annotations ?? {};
  return { ...object, metadata: { ...metadata, ...(annotations ? { annotations: kept } : {}) } };
}
