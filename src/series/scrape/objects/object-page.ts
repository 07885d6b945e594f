/**
 * Invariant: the page is the lines of every object that was set and not removed; each object's are made when it changes, not when
 * the page is read. `#types` has a line for every metric that was ever on the page.
 */
export class ObjectPage {
  readonly #objects = new Map<string, Buffer>();
  readonly #types = new Map<string, string>();

  /** Undefined: the object is gone. */
  set(key: string, lines: string | undefined): void {
    if (lines === undefined || lines === '') {
      this.#objects.delete(key);
      return;
    }
    this.#objects.set(key, Buffer.from(lines));
    for (const [, name] of lines.matchAll(/^(\w+)/gm)) {
      if (!this.#types.has(name!))
        this.#types.set(name!, `# TYPE ${name} ${name!.endsWith('_total') ? 'counter' : 'gauge'}\n`);
    }
  }

  body(): Buffer {
    return Buffer.concat([Buffer.from([...this.#types.values()].join('')), ...this.#objects.values()]);
  }
}
