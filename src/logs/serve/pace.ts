import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work on lines goes on this long before others get a turn. */
const turnMs = 8;

/** Long work asks `isDue` now and then and awaits `rest` when it is. */
export class Pace {
  #turnEndsMs = performance.now() + turnMs;

  get isDue(): boolean {
    return performance.now() >= this.#turnEndsMs;
  }

  async rest(): Promise<void> {
    await nextTurn();
    this.#turnEndsMs = performance.now() + turnMs;
  }
}
