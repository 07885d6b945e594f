import type { KubeObject } from './client.ts';

interface Known<T> {
  uid: string;
  resourceVersion: string;
  object: T;
  /** Number of the latest list that named it; what a watch brings counts as of the list before it. */
  list: number;
}

export type Change<T> = { kind: 'upsert' | 'delete'; object: T };

/**
 * What a reflector has told its reader. Invariant: applying every change given out so far, in order, to an empty set
 * leaves exactly the objects in here. A name that returns with another uid is a deletion followed by an addition.
 */
export class KnownObjects<T extends KubeObject> {
  /** By namespace and name, each a string that the object has anyway: a key made of both would be another for each of many thousands. */
  readonly #namespaces = new Map<string, Map<string, Known<T>>>();
  readonly #transform: (object: KubeObject) => T;
  #list = 0;

  constructor(transform: (object: KubeObject) => T) {
    this.#transform = transform;
  }

  /** `always`: also when the resource version is the one already known, as after a relist. */
  upsert(raw: KubeObject, always: boolean): Change<T>[] {
    const { namespace = '', name, uid = '', resourceVersion = '' } = raw.metadata;
    let names = this.#namespaces.get(namespace);
    if (!names) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    const before = names.get(name);
    if (!always && before?.uid === uid && before.resourceVersion === resourceVersion) return [];
    const object = this.#transform(raw);
    names.set(name, { uid, resourceVersion, object, list: this.#list });
    const changes: Change<T>[] = [];
    if (before && before.uid !== uid) changes.push({ kind: 'delete', object: before.object });
    changes.push({ kind: 'upsert', object });
    return changes;
  }

  /** Nothing where the object is not known: it was never told of, or its deletion was. */
  remove(raw: KubeObject): Change<T>[] {
    const { namespace = '', name, uid = '' } = raw.metadata;
    const names = this.#namespaces.get(namespace);
    if (names?.get(name)?.uid !== uid) return [];
    this.#forget(namespace, name);
    return [{ kind: 'delete', object: this.#transform(raw) }];
  }

  /** A complete list begins; what was listed before counts no longer. */
  beginList(): void {
    this.#list++;
  }

  /** After a complete list: what it did not name is gone. */
  endList(): Change<T>[] {
    const changes: Change<T>[] = [];
    for (const [namespace, names] of this.#namespaces) {
      for (const [name, { object, list }] of names) {
        if (list === this.#list) continue;
        this.#forget(namespace, name);
        changes.push({ kind: 'delete', object });
      }
    }
    return changes;
  }

  #forget(namespace: string, name: string): void {
    const names = this.#namespaces.get(namespace);
    names?.delete(name);
    if (names?.size === 0) this.#namespaces.delete(namespace);
  }
}
