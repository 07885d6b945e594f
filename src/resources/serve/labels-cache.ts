type Labels = Readonly<Record<string, string>>;

/**
 * What labels look like in an answer, kept as long as the labels themselves: they come from the watch, and are the same object
 * until the pod changes. Keys are sorted, as Go prints maps.
 */
export class LabelsCache<T> {
  readonly #kept = new WeakMap<Labels, T>();
  readonly #make: (labels: [string, string][]) => T;

  constructor(make: (labels: [string, string][]) => T) {
    this.#make = make;
  }

  of(labels: Labels): T {
    let made = this.#kept.get(labels);
    if (made === undefined) {
      made = this.#make(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      this.#kept.set(labels, made);
    }
    return made;
  }
}
