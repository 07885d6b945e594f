import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer } from '../../kubernetes/serve/serve.ts';
import type { AnswerBudget } from './answer-budget.ts';
import type { ListForm } from './form.ts';
import { givePiece } from './pieces.ts';

/** A client that has not taken its answer by then is cut off. */
const takenWithinMs = 60_000;
/** Encryption holds the event loop: no more than so much at a time. */
const bytesPerTurn = 1024 * 1024;
/** What was written and is not sent yet: beyond it a list waits for its client. */
const unsentBytesMax = 1024 * 1024;
/** It waits no longer, all in all: others wait for their turn. What is written then stays in memory until the client takes it. */
const patienceMs = 500;

/**
 * Sends what `fill` puts into the form; `fill` waits for `pause` every now and then, and what is written by then goes out, unless
 * `pause` says false: then there is nobody any more who would take it.
 * The bytes count as held until the client has taken them, or has gone.
 */
export function formAnswer(
  form: ListForm,
  budget: AnswerBudget,
  fill: (pause: () => Promise<boolean>) => Promise<void>,
): Answer {
  return {
    stream: async (response) => {
      const outlet = new Outlet(response, form.contentType, budget);
      try {
        await fill(() => outlet.pause(form.take()));
        await outlet.end(form.end());
      } finally {
        outlet.release();
      }
    },
  };
}

/** Invariant: `#bytes` is what was written and counts as held, `#unsentBytes` what of it the connection has not taken. */
class Outlet {
  readonly #response: ServerResponse;
  readonly #contentType: string;
  readonly #budget: AnswerBudget;
  readonly #closed: Promise<void>;
  readonly #stalled: NodeJS.Timeout;
  #bytes = 0;
  #unsentBytes = 0;
  #patience: NodeJS.Timeout | undefined;
  #isPatient = true;
  #goOn: () => void = () => {};

  constructor(response: ServerResponse, contentType: string, budget: AnswerBudget) {
    this.#response = response;
    this.#contentType = contentType;
    this.#budget = budget;
    this.#closed = response.destroyed ? Promise.resolve() : new Promise((resolve) => response.once('close', resolve));
    this.#stalled = setTimeout(() => response.destroy(), takenWithinMs);
  }

  /** Writes, and gives others their turn; with a client that keeps up it takes until there is room for more. False where it has gone. */
  async pause(pieces: readonly Buffer[]): Promise<boolean> {
    if (pieces.length > 0) this.#begin();
    for (const piece of pieces) this.#piece(piece);
    await nextTurn();
    if (this.#unsentBytes > unsentBytesMax && this.#isPatient) await this.#room();
    return !this.#response.destroyed;
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
    clearTimeout(this.#patience);
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }

  #piece(piece: Buffer): void {
    this.#bytes += piece.length;
    this.#budget.hold(piece.length);
    this.#unsentBytes += piece.length;
    this.#response.write(piece, () => {
      this.#unsentBytes -= piece.length;
      givePiece(piece);
      if (this.#unsentBytes <= unsentBytesMax) this.#goOn();
    });
  }

  async #room(): Promise<void> {
    this.#patience ??= setTimeout(() => {
      this.#isPatient = false;
      this.#goOn();
    }, patienceMs);
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
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
