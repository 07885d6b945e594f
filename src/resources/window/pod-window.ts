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

/**
 * A pod seen through its node's window. What is read of it for a list is here, not in the facts: to go there would be to wait for memory.
 * Invariant: while `#epoch` is the window's, the running containers have the slots of `#slots`, -1 where there is none. Where a step leads from
 * each to the next, as nearly always (a page has the containers of one name together), `#slots` is the first of them and `#step` the step.
 */
export class PodWindow {
  readonly place: number;
  #revision: number;
  #facts: PodFacts;
  #running: readonly string[];
  /** 0 where it has not been taken on. In seconds it is no object of its own. */
  #startSeconds: number;
  #window: NodeWindow | undefined;
  #epoch = -1;
  #slots: number | readonly number[] = -1;
  #step = 0;

  constructor(facts: PodFacts, place: number, revision: number) {
    this.place = place;
    this.#revision = revision;
    this.#facts = facts;
    this.#running = facts.running;
    this.#startSeconds = startSecondsOf(facts);
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
    this.#running = facts.running;
    this.#startSeconds = startSecondsOf(facts);
    this.#window = undefined;
  }

  /** Has the processor fetch what `read` is going to look at, of the first two containers. The number says nothing; it must be used somewhere. */
  fetch(): number {
    const window = this.#window;
    const first = this.#slots;
    if (window === undefined || typeof first !== 'number') return 0;
    const second = first + this.#step;
    return first < 0 || second < 0 ? 0 : window.fetch(first) + window.fetch(second);
  }

  /** Fills the view. False where `why` says something other than `Served`; the view is then to be filled anew. */
  read(window: NodeWindow, nowMs: number, view: PodView): boolean {
    const running = this.#running;
    if (running.length === 0) return false;
    this.#look(window);
    const sinceMs = 1000 * this.#startSeconds;
    view.facts = this.#facts;
    view.place = this.place;
    view.revision = this.#revision;
    view.setCount(running.length);
    view.timeMs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < running.length; at++) {
      const container = view.containers[at]!;
      const { usage } = container;
      const slot = this.#slotAt(at);
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
    const running = this.#running;
    this.#look(window);
    const sinceMs = 1000 * this.#startSeconds;
    for (let at = 0; at < running.length; at++) {
      const slot = this.#slotAt(at);
      if (slot < 0 || window.why(slot, nowMs, sinceMs) !== 'Served') return false;
    }
    return running.length > 0;
  }

  why(window: NodeWindow, nowMs: number): PodWhy {
    const running = this.#running;
    if (running.length === 0) return { reason: 'NotRunning' };
    this.#look(window);
    const sinceMs = 1000 * this.#startSeconds;
    for (let at = 0; at < running.length; at++) {
      const slot = this.#slotAt(at);
      const reason = slot < 0 ? 'NotOnPage' : window.why(slot, nowMs, sinceMs);
      if (reason !== 'Served') return { reason, container: running[at]! };
    }
    return { reason: 'Served' };
  }

  /** Finds the slots, where they are not known. */
  #look(window: NodeWindow): void {
    if (window === this.#window && window.epoch === this.#epoch) return;
    const { namespace, name, running } = this.#facts;
    const slots = running.map((container) => window.slotOf(namespace, name, container) ?? -1);
    const first = slots[0] ?? -1;
    const step = (slots[1] ?? first) - first;
    this.#slots = slots.every((slot, at) => slot === first + step * at) ? first : slots;
    this.#step = step;
    this.#window = window;
    this.#epoch = window.epoch;
  }

  #slotAt(at: number): number {
    const slots = this.#slots;
    return typeof slots === 'number' ? slots + this.#step * at : slots[at]!;
  }
}

/** Kubernetes has no parts of seconds there. */
function startSecondsOf({ startMs }: PodFacts): number {
  return Number.isNaN(startMs) ? 0 : Math.ceil(startMs / 1000);
}
