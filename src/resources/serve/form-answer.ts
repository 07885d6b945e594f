import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { release } from '../../base/release.ts';
import type { Answer } from '../../kubernetes/serve/serve.ts';
import type { AnswerBudget } from './answer-budget.ts';
import type { ListForm } from './form.ts';

/** A client that has not taken its answer by then is cut off. */
const takenWithinMs = 60_000;
/** Encryption holds the event loop: no more than so much at a time. */
const bytesPerTurn = 1024 * 1024;

/**
 * Sends what `fill` puts into the form; `fill` calls `sliced` whenever it pauses, and what is written by then goes out, unless
 * `sliced` says false: then there is nobody any more who would take it.
 * The bytes count as held until the client has taken them, or has gone.
 */
export function formAnswer(
  form: ListForm,
  budget: AnswerBudget,
  fill: (sliced: () => boolean) => Promise<void>,
): Answer {
  return {
    stream: async (response) => {
      const outlet = new Outlet(response, form.contentType, budget);
      try {
        await fill(() => outlet.write(form.take()));
        await outlet.end(form.end());
      } finally {
        outlet.release();
      }
    },
  };
}

/** Invariant: `#bytes` is what was written and counts as held. */
class Outlet {
  readonly #response: ServerResponse;
  readonly #contentType: string;
  readonly #budget: AnswerBudget;
  readonly #closed: Promise<void>;
  readonly #stalled: NodeJS.Timeout;
  #bytes = 0;

  constructor(response: ServerResponse, contentType: string, budget: AnswerBudget) {
    this.#response = response;
    this.#contentType = contentType;
    this.#budget = budget;
    this.#closed = response.destroyed ? Promise.resolve() : new Promise((resolve) => response.once('close', resolve));
    this.#stalled = setTimeout(() => response.destroy(), takenWithinMs);
  }

  /** False where the client has gone. */
  write(pieces: readonly Buffer[]): boolean {
    if (this.#response.destroyed) return false;
    if (pieces.length > 0) this.#begin();
    for (const piece of pieces) this.#piece(piece);
    return true;
  }

  /** Resolves when the client has taken everything, or has gone. */
  async end(pieces: readonly Buffer[]): Promise<void> {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#begin(bytes);
    let inTurn = 0;
    for (const piece of pieces) {
      if (this.#response.destroyed) break;
      this.#piece(piece);
      inTurn += piece.length;
      if (inTurn < bytesPerTurn) continue;
      inTurn = 0;
      await nextTurn();
    }
    this.#response.end();
    await this.#closed;
  }

  release(): void {
    clearTimeout(this.#stalled);
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }

  #piece(piece: Buffer): void {
    this.#bytes += piece.length;
    this.#budget.hold(piece.length);
    // Large ones by the dozen: their memory is given back as soon as they are sent.
    this.#response.write(piece, () => release(piece));
  }

  /** `bytes`: of the whole answer, where they are known. */
  #begin(bytes?: number): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    this.#response.writeHead(200, {
      'content-type': this.#contentType,
      'cache-control': 'no-cache, private',
      vary: 'Accept',
      ...(bytes === undefined ? {} : { 'content-length': bytes }),
    });
  }
}
