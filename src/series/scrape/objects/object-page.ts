/** Invariant: the page is the lines of every object that was set and not removed; each object's are made when it changes, not when they are read. */
export class ObjectPage {
  readonly #objects = new Map<string, Buffer>();

  /** Undefined: the object is gone. */
  set(key: string, lines: string | undefined): void {
    if (lines === undefined || lines === '') this.#objects.delete(key);
    else this.#objects.set(key, Buffer.from(lines));
  }

  body(): Buffer {
    return Buffer.concat([...this.#objects.values()]);
  }
}
