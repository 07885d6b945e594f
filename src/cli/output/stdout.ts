import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Thrown by a write when nobody reads the output any more (`| head`): the program ends quietly. */
export class OutputClosed extends Error {}

/** Writes bytes as fast as they are taken. Invariant: after an error no write succeeds. */
export class Output {
  #stream: Writable;
  #error: Error | undefined;
  #failed: Promise<never>;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#failed = new Promise((_, reject) => {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        this.#error = error.code === 'EPIPE' ? new OutputClosed() : error;
        reject(this.#error);
      });
    });
    this.#failed.catch(() => {});
  }

  /** Rejects with OutputClosed, or with what else went wrong. */
  get failed(): Promise<never> {
    return this.#failed;
  }

  async write(bytes: Buffer | string): Promise<void> {
    if (this.#error) throw this.#error;
    if (bytes.length === 0 || this.#stream.write(bytes)) return;
    await Promise.race([once(this.#stream, 'drain'), this.#failed]);
  }
}
