import { backoffMs } from '../../../base/backoff.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type Collection, collectionPath, discoverCollections } from './collections.ts';
import type { ControllerContext } from './controller.ts';
import { ObjectCache } from './object-cache.ts';
import type { OwnerReference } from './owner.ts';
import type { OwnerGraph } from './owner-graph.ts';
import { periodically } from './periodic.ts';

/** Kinds come and go with extension servers. */
const rediscoveryMs = 30_000;
const discoveryBackoff = { initialMs: 100, delayMsMax: 5000 };
const syncMsMax = 30_000;

interface Watch {
  collection: Collection;
  cache: ObjectCache;
  watching: Promise<void>;
  stop(): void;
}

/** Watches every kind that is served. Invariant: the graph holds what these watches have seen and not seen go, and nothing of other kinds. */
export class OwnerWatches {
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph;
  /** Called with the uid of whatever may have to be looked at again. */
  readonly #touched: (uid: string) => void;
  readonly #byPath = new Map<string, Watch>();

  constructor(context: ControllerContext, graph: OwnerGraph, touched: (uid: string) => void) {
    this.#context = context;
    this.#graph = graph;
    this.#touched = touched;
  }

  /** Resolves when what was found first has been seen: an owner that is not known yet must not be taken for gone. */
  async start(): Promise<void> {
    await this.#discoverFirst();
    await Promise.race([
      Promise.all([...this.#byPath.values()].map(({ cache }) => cache.synced)),
      // One extension server that does not answer must not hold up everything; whoever is not known is asked for.
      this.#context.clock.sleep(syncMsMax, this.#context.signal).catch(() => {}),
    ]);
  }

  /** Follows what is served until the signal aborts and every watch has ended. */
  async run(): Promise<void> {
    await periodically(rediscoveryMs, () => this.#rediscover(), this.#context);
    await Promise.all([...this.#byPath.values()].map(({ watching }) => watching));
  }

  /** Undefined for a kind that is not served. */
  collectionOf({ apiVersion, kind }: OwnerReference): Collection | undefined {
    const collections = [...this.#byPath.values()].map(({ collection }) => collection);
    return collections.find(
      (each) =>
        each.kind === kind && apiVersion === (each.group === '' ? each.version : `${each.group}/${each.version}`),
    );
  }

  async #discoverFirst(): Promise<void> {
    const { clock, log, signal } = this.#context;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        return await this.#rediscover();
      } catch (error) {
        log.warn('the API server cannot be asked what it serves', { error: String(error) });
        await clock.sleep(backoffMs(attempt, discoveryBackoff), signal).catch(() => {});
      }
    }
  }

  /** A group that cannot be asked now keeps what is watched of it. */
  async #rediscover(): Promise<void> {
    const { collections, failures } = await discoverCollections(this.#context.client);
    const wanted = new Map(collections.filter(isWatched).map((each) => [collectionPath(each), each]));
    for (const [path, watch] of this.#byPath) {
      const { group, version } = watch.collection;
      if (!wanted.has(path) && !failures.has(`${group}/${version}`)) this.#forget(path, watch);
    }
    for (const [path, collection] of wanted) {
      if (!this.#byPath.has(path)) this.#byPath.set(path, this.#started(collection));
    }
  }

  #forget(path: string, { cache, stop }: Watch): void {
    stop();
    this.#byPath.delete(path);
    for (const { metadata } of cache.values()) this.#graph.remove(metadata.uid ?? '');
  }

  #started(collection: Collection): Watch {
    const { client, signal } = this.#context;
    const ending = new AbortController();
    const cache = new ObjectCache(client, collectionPath(collection), { ...this.#context, transform: ownersOnly });
    cache.subscribe((object, change) => {
      const uid = object.metadata.uid ?? '';
      if (change === 'deleted') this.#graph.remove(uid);
      else this.#graph.upsert({ object, collection });
      this.#touched(uid);
      if (change === 'deleted') {
        for (const { object: dependent } of this.#graph.dependentsOf(uid)) this.#touched(dependent.metadata.uid!);
      }
      for (const owner of object.metadata.ownerReferences ?? []) this.#touched(owner.uid);
    });
    const watching = cache.run(AbortSignal.any([signal, ending.signal]));
    return { collection, cache, watching, stop: () => ending.abort() };
  }
}

/** Nothing owns an event, and there are many. */
function isWatched({ plural, group }: Collection): boolean {
  return !(plural === 'events' && group === '');
}

/** Owners and finalizers are all that is remembered of every object in the cluster. */
function ownersOnly({ metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, ownerReferences, finalizers, deletionTimestamp } = metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
  };
}
