import { setImmediate as soon } from 'node:timers';

/**
 * Lets work of about a millisecond each go one after the other, with a turn of the event loop between: when the answers of many
 * kubelets have come at once, a request need not wait for all of them to be read.
 * Invariant: while anybody waits, one call of `#next` is due.
 */
export class Turns {
  #waiting: (() => void)[] = [];
  #at = 0;

  /** Resolves when it is the caller's turn; they come in the order in which they asked. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length - this.#at === 1) soon(this.#next);
    });
  }

  readonly #next = (): void => {
    const resolve = this.#waiting[this.#at++]!;
    if (this.#at < this.#waiting.length) soon(this.#next);
    else {
      this.#waiting = [];
      this.#at = 0;
    }
    resolve();
  };
}
