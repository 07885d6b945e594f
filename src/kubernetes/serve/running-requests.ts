/**
 * Ends the signals of requests, of all when the server ends. Not by AbortSignal.any: what depends on a signal that lives as long as the
 * server is remembered weakly by it, grows old with everything that it holds, and the whole heap is marked to be rid of it.
 * Invariant: `#running` are those that have begun and have not left; once `#reason` is set, all of them are aborted.
 */
export class RunningRequests {
  readonly #running = new Set<AbortController>();
  #reason: unknown;

  /** To be given back to `leave` when the request is over. */
  enter(): AbortController {
    const life = new AbortController();
    if (this.#reason === undefined) this.#running.add(life);
    else life.abort(this.#reason);
    return life;
  }

  leave(life: AbortController, reason: unknown): void {
    this.#running.delete(life);
    life.abort(reason);
  }

  end(reason: unknown): void {
    this.#reason = reason;
    for (const life of this.#running) life.abort(reason);
    this.#running.clear();
  }
}
