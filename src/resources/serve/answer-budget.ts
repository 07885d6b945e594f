import { tooManyRequests } from '../../kubernetes/serve/serve.ts';

/** More at once would not be sooner done, and hold more. */
const listsAtOnceMax = 2;

/**
 * Keeps what lists hold in memory within bounds. Invariant: at most `listsAtOnceMax` lists are being made; no list is begun
 * while `heldBytes`, the answers that clients have not taken yet, are `bytesMax` or more.
 */
export class AnswerBudget {
  readonly #bytesMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #heldBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Throws 429 where too much is held. */
  admit(): void {
    if (this.#heldBytes >= this.#bytesMax)
      throw tooManyRequests(`answers of ${this.#bytesMax} bytes (answerBytesMax) wait to be taken`, 1);
  }

  /** Whoever waits is within the server's own limit of requests. */
  async inTurn<T>(make: () => Promise<T>): Promise<T> {
    if (this.#running >= listsAtOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await make();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}
