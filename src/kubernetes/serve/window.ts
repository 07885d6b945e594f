import type { KubeObject } from '../client/client.ts';
import { tooOld } from './status.ts';

/** A change of one object. `previous` is its state before; both are shared and must not be changed. */
export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resourceVersion: number;
  /** For DELETED the last state, with the resource version of the deletion. */
  object: KubeObject;
  previous: KubeObject | undefined;
  /** Roughly what the change takes in memory. */
  bytes: number;
}

export interface WindowLimits {
  windowEventsMax: number;
  windowBytesMax: number;
}

/**
 * The latest changes of one resource, in the order of resource versions: every change after `floor` is here.
 * Old ones leave when there are too many or they are too large together; who still needs them gets 410 and lists again.
 */
export class WatchWindow {
  readonly #limits: WindowLimits;
  #changes: Change[] = [];
  #first = 0;
  #bytes = 0;
  #floor: number;
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(floor: number, limits: WindowLimits) {
    this.#floor = floor;
    this.#limits = limits;
  }

  /** Changes up to and including this version are no longer known. */
  get floor(): number {
    return this.#floor;
  }

  append(change: Change): void {
    this.#changes.push(change);
    this.#bytes += change.bytes;
    while (
      this.#size() > this.#limits.windowEventsMax ||
      (this.#bytes > this.#limits.windowBytesMax && this.#size() > 1)
    )
      this.#evict();
    for (const listener of [...this.#listeners]) listener(change);
  }

  /** The changes after a version, oldest first. Throws 410 when some of them are gone. */
  since(resourceVersion: number): readonly Change[] {
    if (resourceVersion < this.#floor) throw tooOld(resourceVersion, this.#floor + 1);
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#changes[middle]!.resourceVersion <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return this.#changes.slice(low);
  }

  /** Called for each change from now on, until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #size(): number {
    return this.#changes.length - this.#first;
  }

  #evict(): void {
    const oldest = this.#changes[this.#first]!;
    this.#changes[this.#first] = undefined as never;
    this.#first++;
    this.#bytes -= oldest.bytes;
    this.#floor = oldest.resourceVersion;
    if (this.#first < 1024 || this.#first < this.#changes.length / 2) return;
    this.#changes = this.#changes.slice(this.#first);
    this.#first = 0;
  }
}
