import type { Usage, WhyReason } from '../resources.ts';
import type { WindowLimits } from './limits.ts';
import { type Observed, type Point, PointColumns, type ScrapeTime } from './point-columns.ts';

/** The node itself. */
export const NODE_SLOT = 0;

/**
 * What is kept of one kubelet's pages: a slot for the node and one for each container that was on a page lately.
 * Invariant: `#slots` names each used slot but the node's exactly once, and `#free` holds the rest below `slotsEnd`.
 */
export class NodeWindow {
  readonly #limits: WindowLimits;
  readonly #columns: PointColumns;
  readonly #slots = new Map<string, number>();
  #free: number[] = [];
  #slotsEnd = 1;
  #epoch = 0;

  constructor(limits: WindowLimits, nowMs: number) {
    this.#limits = limits;
    this.#columns = new PointColumns(limits);
    this.#columns.clear(NODE_SLOT, nowMs);
  }

  /** One more than the highest slot in use. */
  get slotsEnd(): number {
    return this.#slotsEnd;
  }

  get containers(): number {
    return this.#slots.size;
  }

  /** Changes whenever a name gets or loses its slot: until then a slot that was looked up may be kept. */
  get epoch(): number {
    return this.#epoch;
  }

  slotOf(namespace: string, pod: string, container: string): number | undefined {
    return this.#slots.get(`${namespace}/${pod}/${container}`);
  }

  /** The container's slot, a new one where it has none. Undefined where the node has `containersMax` already. */
  takeSlot(namespace: string, pod: string, container: string, nowMs: number): number | undefined {
    const name = `${namespace}/${pod}/${container}`;
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    if (this.#slots.size >= this.#limits.containersMax) return undefined;
    const slot = this.#free.pop() ?? this.#slotsEnd++;
    this.#columns.clear(slot, nowMs);
    this.#slots.set(name, slot);
    this.#epoch++;
    return slot;
  }

  observe(slot: number, point: Point, at: ScrapeTime): Observed {
    return this.#columns.observe(slot, point, at);
  }

  incomplete(slot: number, at: ScrapeTime): void {
    this.#columns.incomplete(slot, at);
  }

  usage(slot: number, nowMs: number, sinceMs?: number): Usage | undefined {
    return this.#columns.usage(slot, nowMs, sinceMs);
  }

  why(slot: number, nowMs: number, sinceMs?: number): WhyReason {
    return this.#columns.why(slot, nowMs, sinceMs);
  }

  /** Takes the slots of containers that have been on no page for too long. True where there were any. */
  forget(nowMs: number): boolean {
    const before = this.#slots.size;
    for (const [name, slot] of this.#slots) {
      if (!this.#columns.isForgotten(slot, nowMs)) continue;
      this.#slots.delete(name);
      this.#free.push(slot);
    }
    if (this.#slots.size === before) return false;
    this.#epoch++;
    return true;
  }
}
