/**
 * One after another for each stream: a push must see what the one before it has stored, to know what is repeated.
 * Invariant: of those who hold or wait for a stream, at most one has entered.
 */
export class StreamLanes {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when all streams are ours; call what it gives when done. Whoever comes first enters first, so nobody waits in a circle. */
  async enter(streams: Iterable<string>): Promise<() => void> {
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const before: Promise<void>[] = [];
    const own = [...streams];
    for (const stream of own) {
      const last = this.#last.get(stream);
      if (last) before.push(last);
      this.#last.set(stream, left);
    }
    if (before.length > 0) await Promise.all(before);
    return () => {
      for (const stream of own) if (this.#last.get(stream) === left) this.#last.delete(stream);
      leave();
    };
  }
}
