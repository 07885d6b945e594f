import type { KubeObject } from './client.ts';

interface Known<T> {
  uid: string;
  resourceVersion: string;
  object: T;
}

export type Change<T> = { kind: 'upsert' | 'delete'; object: T };

/**
 * What a reflector has told its reader. Invariant: applying every change given out so far, in order, to an empty set
 * leaves exactly the objects in here. A name that returns with another uid is a deletion followed by an addition.
 */
export class KnownObjects<T extends KubeObject> {
  #objects = new Map<string, Known<T>>();
  #transform: (object: KubeObject) => T;

  constructor(transform: (object: KubeObject) => T) {
    this.#transform = transform;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** `always`: also when the resource version is the one already known, as after a relist. */
  upsert(raw: KubeObject, always: boolean): Change<T>[] {
    const key = keyOf(raw);
    const uid = raw.metadata.uid ?? '';
    const resourceVersion = raw.metadata.resourceVersion ?? '';
    const before = this.#objects.get(key);
    if (!always && before?.uid === uid && before.resourceVersion === resourceVersion) return [];
    const object = this.#transform(raw);
    this.#objects.set(key, { uid, resourceVersion, object });
    const changes: Change<T>[] = [];
    if (before && before.uid !== uid) changes.push({ kind: 'delete', object: before.object });
    changes.push({ kind: 'upsert', object });
    return changes;
  }

  /** Nothing where the object is not known: it was never told of, or its deletion was. */
  remove(raw: KubeObject): Change<T>[] {
    const key = keyOf(raw);
    const before = this.#objects.get(key);
    if (!before || before.uid !== (raw.metadata.uid ?? '')) return [];
    this.#objects.delete(key);
    return [{ kind: 'delete', object: this.#transform(raw) }];
  }

  /** After a complete list: what it did not name is gone. */
  removeAllBut(listed: ReadonlySet<string>): Change<T>[] {
    const changes: Change<T>[] = [];
    for (const [key, known] of this.#objects) {
      if (listed.has(key)) continue;
      this.#objects.delete(key);
      changes.push({ kind: 'delete', object: known.object });
    }
    return changes;
  }
}

export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
