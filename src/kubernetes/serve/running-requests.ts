/**
 * How long a request goes on. Most are over before anybody asks for their signal, and one that is made has to be aborted: it is made when it
 * is asked for. Invariant: it ends once, for the first reason that it is given.
 */
export class RequestLife {
  #controller: AbortController | undefined;
  #ended: { reason: unknown } | undefined;

  /** Undefined while it goes on. */
  get reason(): unknown {
    return this.#ended?.reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    return this.#controller.signal;
  }

  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.#controller?.abort(reason);
  }
}

/**
 * Ends requests, all of them when the server ends. Not by AbortSignal.any: what depends on a signal that lives as long as the server is
 * remembered weakly by it, grows old with everything that it holds, and the whole heap is marked to be rid of it.
 * Invariant: `#running` are those that have begun and have not left; once `#ended`, all of them are.
 */
export class RunningRequests {
  readonly #running = new Set<RequestLife>();
  #ended: { reason: unknown } | undefined;

  /** To be given back to `leave` when the request is over. */
  enter(): RequestLife {
    const life = new RequestLife();
    if (this.#ended) life.end(this.#ended.reason);
    else this.#running.add(life);
    return life;
  }

  leave(life: RequestLife, reason: unknown): void {
    this.#running.delete(life);
    life.end(reason);
  }

  end(reason: unknown): void {
    this.#ended = { reason };
    for (const life of this.#running) life.end(reason);
    this.#running.clear();
  }
}
