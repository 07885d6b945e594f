import type { Clock } from '../../../base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import { createReflector } from '../../../kubernetes/client/reflector.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';

export interface CacheOptions {
  clock: Clock;
  log: Logger;
  /** Keeps only what the readers need. */
  transform?: (object: KubeObject) => KubeObject;
}

export type CacheListener = (object: KubeObject, change: 'upserted' | 'deleted') => void;

/** Namespace and name: `default/web`, `/node-1`. */
export function keyOf({ metadata }: Pick<KubeObject, 'metadata'>): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/**
 * The objects of one collection as last seen; shared by all controllers, so what it returns must not be changed.
 * Invariant: listeners have been told of every object that is in it and of every one that has left it.
 */
export class ObjectCache {
  readonly path: string;
  readonly #client: KubernetesClient;
  readonly #options: CacheOptions;
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners: CacheListener[] = [];
  readonly #synced = Promise.withResolvers<void>();

  constructor(client: KubernetesClient, path: string, options: CacheOptions) {
    this.path = path;
    this.#client = client;
    this.#options = options;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  inNamespace(namespace: string | undefined): KubeObject[] {
    return [...this.#objects.values()].filter((object) => object.metadata.namespace === namespace);
  }

  /**
   * Shows one's own write at once instead of when the watch tells of it. Only if the object is still the one that was written over:
   * otherwise the watch is ahead, and what the write answered may be older than what it told.
   */
  written(before: KubeObject, after: KubeObject): void {
    const key = keyOf(before);
    if (this.#objects.get(key) === before) this.#objects.set(key, after);
  }

  /** To be called before `run`, so that nothing is missed. */
  subscribe(listener: CacheListener): void {
    this.#listeners.push(listener);
  }

  /** Resolves after the first complete list. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Resolves when the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    const { clock, log, transform } = this.#options;
    const reflector = createReflector<KubeObject>(
      this.#client,
      { path: this.path, ...(transform ? { transform } : {}) },
      {
        onUpsert: (object) => {
          this.#objects.set(keyOf(object), object);
          for (const listener of this.#listeners) listener(object, 'upserted');
        },
        onDelete: (object) => {
          this.#objects.delete(keyOf(object));
          for (const listener of this.#listeners) listener(object, 'deleted');
        },
        onSynced: () => this.#synced.resolve(),
        onTrouble: (error) => log.debug('watch interrupted', { path: this.path, error: String(error) }),
      },
      { clock },
    );
    return reflector.run(signal);
  }
}
