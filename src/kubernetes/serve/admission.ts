import type { ServeLimits } from './limits.ts';
import { tooManyRequests } from './status.ts';

/** One request's place among those under way. */
export interface Place {
  /** Moves to the long-running ones (watches, followed logs); throws 429 when there are too many. */
  becomeLongRunning(): void;
  leave(): void;
}

/** At most requestsMax short and watchesMax long requests are under way; the next is refused, never queued. */
export class Admission {
  readonly #limits: Pick<ServeLimits, 'requestsMax' | 'watchesMax'>;
  #short = 0;
  #long = 0;

  constructor(limits: Pick<ServeLimits, 'requestsMax' | 'watchesMax'>) {
    this.#limits = limits;
  }

  get shortRunning(): number {
    return this.#short;
  }
  get longRunning(): number {
    return this.#long;
  }

  enter(): Place {
    if (this.#short >= this.#limits.requestsMax) throw tooManyRequests('Too many requests, please try again later.', 1);
    this.#short++;
    let held: 'short' | 'long' | 'none' = 'short';
    const leave = () => {
      if (held === 'short') this.#short--;
      if (held === 'long') this.#long--;
      held = 'none';
    };
    const becomeLongRunning = () => {
      if (held !== 'short') return;
      if (this.#long >= this.#limits.watchesMax)
        throw tooManyRequests(`Too many watches (${this.#limits.watchesMax}), please try again later.`, 5);
      leave();
      this.#long++;
      held = 'long';
    };
    return { becomeLongRunning, leave };
  }
}
