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

/**
 * A pod seen through its node's window.
 * Invariant: while `#epoch` is the window's, `#slots` holds the slot of each running container, -1 where it has none.
 */
export class PodWindow {
  readonly facts: PodFacts;
  #window: NodeWindow | undefined;
  #epoch = -1;
  #slots: number[] = [];

  constructor(facts: PodFacts) {
    this.facts = facts;
  }

  /** Undefined where `why` says something other than `Served`. */
  metrics(window: NodeWindow, nowMs: number): PodMetrics | undefined {
    const { namespace, name, labels, running, startMs } = this.facts;
    if (running.length === 0) return undefined;
    const slots = this.#slotsIn(window);
    const sinceMs = Number.isNaN(startMs) ? Number.NEGATIVE_INFINITY : startMs;
    const containers: ContainerMetrics[] = [];
    let [timeMs, windowMs] = [Number.POSITIVE_INFINITY, 0];
    for (let at = 0; at < running.length; at++) {
      const usage = slots[at]! < 0 ? undefined : window.usage(slots[at]!, nowMs, sinceMs);
      if (!usage) return undefined;
      containers.push({ name: running[at]!, usage });
      if (usage.timeMs >= timeMs) continue;
      timeMs = usage.timeMs;
      windowMs = usage.windowMs;
    }
    return { namespace, name, labels, timeMs, windowMs, containers };
  }

  why(window: NodeWindow, nowMs: number): PodWhy {
    const { running, startMs } = this.facts;
    if (running.length === 0) return { reason: 'NotRunning' };
    const slots = this.#slotsIn(window);
    const sinceMs = Number.isNaN(startMs) ? Number.NEGATIVE_INFINITY : startMs;
    for (let at = 0; at < running.length; at++) {
      const reason = slots[at]! < 0 ? 'NotOnPage' : window.why(slots[at]!, nowMs, sinceMs);
      if (reason !== 'Served') return { reason, container: running[at]! };
    }
    return { reason: 'Served' };
  }

  #slotsIn(window: NodeWindow): number[] {
    if (window === this.#window && window.epoch === this.#epoch) return this.#slots;
    const { namespace, name, running } = this.facts;
    this.#slots = running.map((container) => window.slotOf(namespace, name, container) ?? -1);
    this.#window = window;
    this.#epoch = window.epoch;
    return this.#slots;
  }
}
