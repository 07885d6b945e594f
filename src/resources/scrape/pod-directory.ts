import { type PodFacts, PodWindow } from '../window/window.ts';

interface Namespace {
  byName: Map<string, PodWindow>;
  /** By name; undefined after a change, until somebody asks. */
  sorted: PodWindow[] | undefined;
}

/** Every pod that the watch knows. Invariant: a namespace is here as long as it has a pod, and each pod once. */
export class PodDirectory {
  readonly #namespaces = new Map<string, Namespace>();
  #sortedNames: string[] | undefined;
  #size = 0;
  /** Places of pods that are gone. */
  readonly #freePlaces: number[] = [];
  #revision = 0;

  get size(): number {
    return this.#size;
  }

  set(facts: PodFacts): void {
    let namespace = this.#namespaces.get(facts.namespace);
    if (!namespace) {
      namespace = { byName: new Map(), sorted: undefined };
      this.#namespaces.set(facts.namespace, namespace);
      this.#sortedNames = undefined;
    }
    const known = namespace.byName.get(facts.name);
    if (known) {
      known.update(facts, ++this.#revision);
      return;
    }
    // Without free places those in use are the numbers below the size.
    const place = this.#freePlaces.pop() ?? this.#size;
    this.#size++;
    namespace.byName.set(facts.name, new PodWindow(facts, place, ++this.#revision));
    namespace.sorted = undefined;
  }

  /** Nothing where the pod of that name is another one by now. */
  delete({ namespace: name, name: pod, uid }: PodFacts): void {
    const namespace = this.#namespaces.get(name);
    const known = namespace?.byName.get(pod);
    if (!namespace || known?.facts.uid !== uid) return;
    this.#freePlaces.push(known.place);
    namespace.byName.delete(pod);
    namespace.sorted = undefined;
    this.#size--;
    if (namespace.byName.size > 0) return;
    this.#namespaces.delete(name);
    this.#sortedNames = undefined;
  }

  get(namespace: string, name: string): PodWindow | undefined {
    return this.#namespaces.get(namespace)?.byName.get(name);
  }

  /** In their order. */
  namespaces(): readonly string[] {
    this.#sortedNames ??= [...this.#namespaces.keys()].sort();
    return this.#sortedNames;
  }

  /** In the order of names. */
  of(name: string): readonly PodWindow[] {
    const namespace = this.#namespaces.get(name);
    if (!namespace) return [];
    namespace.sorted ??= [...namespace.byName.values()].sort((a, b) => (a.facts.name < b.facts.name ? -1 : 1));
    return namespace.sorted;
  }
}
