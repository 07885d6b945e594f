import { messageOf } from '../../base/fault.ts';
import type { ClusterAccess, KubeObject } from '../../kubernetes/client/client.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import { digestPod, type PodDigest } from './pod-facts.ts';

/** Pods that are gone are remembered up to here: their logs may still be on their way. */
export const gonePodsMax = 500;

export interface PodWatchOptions {
  access: ClusterAccess;
  nodeName: string;
  log: Logger;
  nowIso(): string;
  /** A pod has come, has changed or is gone. */
  onPod(digest: PodDigest): void;
}

interface DigestedPod extends KubeObject {
  digest: PodDigest;
}

/** The pods of one node, kept up to date by a watch; of each only a digest is kept. */
export class PodWatch {
  readonly #options: PodWatchOptions;
  readonly #pods = new Map<string, PodDigest>();
  /** Oldest first. */
  readonly #gone: string[] = [];
  readonly #stop = new AbortController();

  constructor(options: PodWatchOptions) {
    this.#options = options;
  }

  /** By the uid in the name of the log directory. */
  find(podUid: string): PodDigest | undefined {
    return this.#pods.get(podUid);
  }

  all(): Iterable<PodDigest> {
    return this.#pods.values();
  }

  /** Runs until `close`. The client is loaded only here: without a cluster the agent does without it. */
  async run(): Promise<void> {
    const { access, nodeName, log } = this.#options;
    try {
      const [{ createClient }, { createReflector }] = await Promise.all([
        import('../../kubernetes/client/http-client.ts'),
        import('../../kubernetes/client/reflector.ts'),
      ]);
      const client = createClient(access);
      const reflector = createReflector<DigestedPod>(
        client,
        {
          path: '/api/v1/pods',
          fieldSelector: `spec.nodeName=${nodeName}`,
          transform: (pod) => ({ metadata: { ...identityOf(pod) }, digest: digestPod(pod) }),
        },
        {
          onUpsert: ({ digest }) => this.#upsert(digest),
          onDelete: ({ digest }) => this.#delete(digest),
          onTrouble: (error) =>
            log.warn('the pods of this node cannot be watched; trying again', { error: messageOf(error) }),
        },
      );
      await reflector.run(this.#stop.signal);
      client.close();
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error('the pod watch ended', { error: messageOf(error) });
    }
  }

  close(): void {
    this.#stop.abort(new Error('the agent is stopping'));
  }

  #upsert(digest: PodDigest): void {
    this.#pods.set(digest.podUid, digest);
    this.#options.onPod(digest);
  }

  #delete(digest: PodDigest): void {
    // A static pod that was added again has the same uid: the new one may have come before the old one's end.
    if (this.#pods.get(digest.podUid)?.fact.apiUid !== digest.fact.apiUid) return;
    const fact = { ...digest.fact, deletedAt: digest.fact.deletedAt ?? this.#options.nowIso() };
    const gone = { ...digest, fact };
    this.#pods.set(digest.podUid, gone);
    this.#gone.push(digest.podUid);
    while (this.#gone.length > gonePodsMax) this.#forget(this.#gone.shift()!);
    this.#options.onPod(gone);
  }

  #forget(podUid: string): void {
    const pod = this.#pods.get(podUid);
    if (pod && pod.fact.deletedAt !== null) this.#pods.delete(podUid);
  }
}

function identityOf({ metadata: { name, namespace, uid, resourceVersion } }: KubeObject): KubeObject['metadata'] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
