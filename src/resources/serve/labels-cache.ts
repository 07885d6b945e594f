type Labels = Readonly<Record<string, string>>;

/**
 * What labels look like in an answer, kept as long as the labels themselves. They come from the watch, where pods with the same
 * labels share one object: a thousand pods of a deployment cost one entry.
 */
export class LabelsCache {
  readonly #kept = new WeakMap<Labels, Uint8Array>();
  readonly #make: (labels: Labels) => Uint8Array;

  constructor(make: (labels: Labels) => Uint8Array) {
    this.#make = make;
  }

  of(labels: Labels): Uint8Array {
    const kept = this.#kept.get(labels);
    if (kept) return kept;
    const made = this.#make(labels);
    this.#kept.set(labels, made);
    return made;
  }
}
