import type { ContainerMetrics, PodMetrics, WhyReason } from '../resources.ts';
import type { NodeWindow } from './node-window.ts';

/** What the window needs to know of a pod; it comes from the watch. */
export interface PodFacts {
  namespace: string;
  name: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  /** Empty until it is scheduled. */
  node: string;
  /** When its kubelet took it on; NaN until then. A pod of the same name before it ended earlier. */
  startMs: number;
  /** Names of the containers that run now: init containers and ephemeral ones too, while they run. */
  running: readonly string[];
}

export interface PodWhy {
  reason: WhyReason;
  /** The container because of which the pod is not served. */
  container?: string;
}

const noFacts: PodFacts = { namespace: '', name: '', uid: '', labels: {}, node: '', startMs: Number.NaN, running: [] };

/**
 * A pod's metrics that are filled in again and again: a list of thousands makes no garbage.
 * Invariant: `#made` begins with `containers`, the ones in use.
 */
export class PodView implements PodMetrics {
  facts = noFacts;
  place = 0;
  revision = 0;
  timeMs = 0;
  windowMs = 0;
  readonly containers: ContainerMetrics[] = [];
  readonly #made: ContainerMetrics[] = [];

  get namespace(): string {
    return this.facts.namespace;
  }

  get name(): string {
    return this.facts.name;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.facts.labels;
  }

  setCount(count: number): void {
    const { containers } = this;
    const made = this.#made;
    while (made.length < count)
      made.push({ name: '', usage: { timeMs: 0, windowMs: 0, cpuNanocores: 0, memoryBytes: 0 } });
    while (containers.length < count) containers.push(made[containers.length]!);
    if (containers.length > count) containers.length = count;
  }
}

/** Of each running container, -1 where it has none. One number where they follow each other, as they nearly always do: the first of them. */
type Slots = number | readonly number[];

/**
 * A pod seen through its node's window.
 * Invariant: while `#epoch` is the window's, `#slots` are those of the running containers.
 */
export class PodWindow {
  readonly place: number;
  #revision: number;
  #facts: PodFacts;
  #window: NodeWindow | undefined;
  #epoch = -1;
  #slots: Slots = -1;

  constructor(facts: PodFacts, place: number, revision: number) {
    this.place = place;
    this.#revision = revision;
    this.#facts = facts;
  }

  get facts(): PodFacts {
    return this.#facts;
  }

  /** Its node's, where it is remembered: to look it up costs as much as to read it. */
  get window(): NodeWindow | undefined {
    return this.#window?.isClosed ? undefined : this.#window;
  }

  /** Of the same name. The revision becomes the pod's where it looks different now. */
  update(facts: PodFacts, revision: number): void {
    if (facts.labels !== this.#facts.labels) this.#revision = revision;
    this.#facts = facts;
    this.#window = undefined;
  }

  /** Fills the view. False where `why` says something other than `Served`; the view is then to be filled anew. */
  read(window: NodeWindow, nowMs: number, view: PodView): boolean {
    const { running, startMs } = this.#facts;
    if (running.length === 0) return false;
    const slots = this.#slotsIn(window);
    const sinceMs = Number.isNaN(startMs) ? Number.NEGATIVE_INFINITY : startMs;
    view.facts = this.#facts;
    view.place = this.place;
    view.revision = this.#revision;
    view.setCount(running.length);
    view.timeMs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < running.length; at++) {
      const container = view.containers[at]!;
      const { usage } = container;
      const slot = slotAt(slots, at);
      if (slot < 0 || !window.read(slot, nowMs, sinceMs, usage)) return false;
      container.name = running[at]!;
      if (usage.timeMs >= view.timeMs) continue;
      view.timeMs = usage.timeMs;
      view.windowMs = usage.windowMs;
    }
    return true;
  }

  /** Whether `read` would say so, for less. */
  isServed(window: NodeWindow, nowMs: number): boolean {
    const { running, startMs } = this.#facts;
    const slots = this.#slotsIn(window);
    const sinceMs = Number.isNaN(startMs) ? Number.NEGATIVE_INFINITY : startMs;
    for (let at = 0; at < running.length; at++) {
      const slot = slotAt(slots, at);
      if (slot < 0 || window.why(slot, nowMs, sinceMs) !== 'Served') return false;
    }
    return running.length > 0;
  }

  why(window: NodeWindow, nowMs: number): PodWhy {
    const { running, startMs } = this.#facts;
    if (running.length === 0) return { reason: 'NotRunning' };
    const slots = this.#slotsIn(window);
    const sinceMs = Number.isNaN(startMs) ? Number.NEGATIVE_INFINITY : startMs;
    for (let at = 0; at < running.length; at++) {
      const slot = slotAt(slots, at);
      const reason = slot < 0 ? 'NotOnPage' : window.why(slot, nowMs, sinceMs);
      if (reason !== 'Served') return { reason, container: running[at]! };
    }
    return { reason: 'Served' };
  }

  #slotsIn(window: NodeWindow): Slots {
    if (window === this.#window && window.epoch === this.#epoch) return this.#slots;
    const { namespace, name, running } = this.#facts;
    const slots = running.map((container) => window.slotOf(namespace, name, container) ?? -1);
    const first = slots[0] ?? -1;
    this.#slots = slots.every((slot, at) => slot >= 0 && slot === first + at) ? first : slots;
    this.#window = window;
    this.#epoch = window.epoch;
    return this.#slots;
  }
}

function slotAt(slots: Slots, at: number): number {
  return typeof slots === 'number' ? slots + at : slots[at]!;
}
