import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { Collection } from './collections.ts';

export interface OwnedNode {
  object: KubeObject;
  collection: Collection;
}

/** Invariant: `#dependents` holds exactly the uids that the owner references of the objects within name. */
export class OwnerGraph {
  readonly #nodes = new Map<string, OwnedNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): OwnedNode | undefined {
    return this.#nodes.get(uid);
  }

  upsert(node: OwnedNode): void {
    const uid = node.object.metadata.uid ?? '';
    this.#unlink(uid);
    this.#nodes.set(uid, node);
    for (const owner of node.object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set();
      dependents.add(uid);
      this.#dependents.set(owner.uid, dependents);
    }
  }

  remove(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  dependentsOf(uid: string): OwnedNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#nodes.get(dependent)!);
  }

  uids(): IterableIterator<string> {
    return this.#nodes.keys();
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
