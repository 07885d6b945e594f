import type { Usage, WhyReason } from '../resources.ts';
import type { WindowLimits } from './limits.ts';
import { type Observed, type Point, PointRows, type ScrapeTime } from './point-rows.ts';
import { SlotIndex } from './slot-index.ts';

/** The node itself. */
export const NODE_SLOT = 0;

/**
 * What is kept of one kubelet's pages: a slot for the node and one for each container that was on a page lately.
 * Invariant: `#slots` names each used slot but the node's exactly once, and `#free` holds the rest below `slotsEnd`.
 */
export class NodeWindow {
  readonly #limits: WindowLimits;
  readonly #rows: PointRows;
  readonly #slots: SlotIndex;
  #free: number[] = [];
  #slotsEnd = 1;
  #epoch = 0;
  #isClosed = false;

  constructor(limits: WindowLimits, nowMs: number, random: () => number) {
    this.#limits = limits;
    this.#slots = new SlotIndex(random);
    this.#rows = new PointRows(limits);
    this.#rows.clear(NODE_SLOT, nowMs);
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

  /** The node is gone; one of its name that comes again has another window. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
  }

  slotOf(namespace: string, pod: string, container: string): number | undefined {
    return this.#slots.find(namespace, pod, container);
  }

  /** The container's slot, a new one where it has none. Undefined where the node has `containersMax` already. */
  takeSlot(namespace: string, pod: string, container: string, nowMs: number): number | undefined {
    const known = this.#slots.find(namespace, pod, container);
    if (known !== undefined) return known;
    if (this.#slots.size >= this.#limits.containersMax) return undefined;
    const slot = this.#free.pop() ?? this.#slotsEnd++;
    this.#rows.clear(slot, nowMs);
    this.#slots.put(slot);
    this.#epoch++;
    return slot;
  }

  observe(slot: number, point: Point, at: ScrapeTime): Observed {
    return this.#rows.observe(slot, point, at);
  }

  incomplete(slot: number, at: ScrapeTime): void {
    this.#rows.incomplete(slot, at);
  }

  usage(slot: number, nowMs: number, sinceMs?: number): Usage | undefined {
    return this.#rows.usage(slot, nowMs, sinceMs);
  }

  /** See `PodWindow.fetch`. */
  fetch(slot: number): number {
    return this.#rows.fetch(slot);
  }

  /** The same, into `usage`; false where there is none. */
  read(slot: number, nowMs: number, sinceMs: number, usage: Usage): boolean {
    return this.#rows.read(slot, nowMs, sinceMs, usage);
  }

  why(slot: number, nowMs: number, sinceMs?: number): WhyReason {
    return this.#rows.why(slot, nowMs, sinceMs);
  }

  /** Takes the slots of containers that have been on no page for too long. True where there were any. */
  forget(nowMs: number): boolean {
    const forgotten = this.#slots.forget((slot) => this.#rows.isForgotten(slot, nowMs));
    if (forgotten.length === 0) return false;
    this.#free.push(...forgotten);
    this.#epoch++;
    return true;
  }
}
