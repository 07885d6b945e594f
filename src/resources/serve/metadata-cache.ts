type Labels = Readonly<Record<string, string>>;

interface Named {
  name: string;
  namespace?: string;
  labels: Labels;
}

interface Kept<T> {
  name: string;
  namespace: string | undefined;
  made: T;
}

/**
 * What name, namespace and labels look like in an answer, kept as long as the labels themselves: they come from the watch and
 * are the same object until the pod changes. Where pods share one object (as those without labels may), the last of them is kept.
 */
export class MetadataCache<T> {
  readonly #kept = new WeakMap<Labels, Kept<T>>();
  readonly #make: (item: Named, labels: [string, string][]) => T;

  /** `labels` are sorted by their keys, as Go prints maps. */
  constructor(make: (item: Named, labels: [string, string][]) => T) {
    this.#make = make;
  }

  of(item: Named): T {
    const { name, namespace, labels } = item;
    const kept = this.#kept.get(labels);
    if (kept && kept.name === name && kept.namespace === namespace) return kept.made;
    const made = this.#make(
      item,
      Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    this.#kept.set(labels, { name, namespace, made });
    return made;
  }
}

/** Invariant: holds at most `entriesMax` texts; when it is full it begins anew. */
export class TextCache<K> {
  readonly #texts = new Map<K, string>();
  readonly #entriesMax: number;
  readonly #make: (key: K) => string;

  constructor(entriesMax: number, make: (key: K) => string) {
    this.#entriesMax = entriesMax;
    this.#make = make;
  }

  of(key: K): string {
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = this.#make(key);
    if (this.#texts.size >= this.#entriesMax) this.#texts.clear();
    this.#texts.set(key, text);
    return text;
  }
}
