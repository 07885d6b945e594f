import type { BlockPlace } from '../../../store/store.ts';
import type { ListedUnit } from './listed-units.ts';

/** Blocks that wait for threads, each for the one that may have it open. Invariant: `textBytes` is the text of all that wait. */
export class UnitQueues {
  readonly #queues: ListedUnit[][];
  textBytes = 0;

  constructor(slots: number) {
    this.#queues = Array.from({ length: Math.max(1, slots) }, () => []);
  }

  get isEmpty(): boolean {
    return this.#queues.every(({ length }) => length === 0);
  }

  add(unit: ListedUnit): void {
    this.#queues[slotOf(unit.place) % this.#queues.length]!.push(unit);
    this.textBytes += unit.textBytes;
  }

  /** For the thread at that place; what waits for others longest, where nothing waits for it. */
  take(slot: number): ListedUnit | undefined {
    let queue = this.#queues[slot % this.#queues.length]!;
    if (queue.length === 0) for (const other of this.#queues) if (other.length > queue.length) queue = other;
    const unit = queue.shift();
    this.textBytes -= unit?.textBytes ?? 0;
    return unit;
  }
}

/** The same for a block as long as it lies there. */
function slotOf({ path, offset }: BlockPlace): number {
  let hash = offset % 0x7fffffff;
  for (let at = Math.max(0, path.length - 12); at < path.length; at++) hash = Math.imul(hash, 31) + path.charCodeAt(at);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}
