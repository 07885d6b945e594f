/** The event loop is let go on after so long. */
const sliceMs = 10;

/** Lets the event loop go on from time to time. */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #endMs = performance.now() + sliceMs;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal?.throwIfAborted();
    this.#endMs = performance.now() + sliceMs;
  }
}
