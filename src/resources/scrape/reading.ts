import { setImmediate as nextTurn } from 'node:timers/promises';
import { type NodeMetrics, type PodMetrics, type Why, type WhyReason, whyReasons } from '../resources.ts';
import { NODE_SLOT, type NodeWindow, PodView, type PodWindow } from '../window/window.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { NodeDirectory } from './node-directory.ts';
import type { NodeTarget } from './node-target.ts';
import type { PodDirectory } from './pod-directory.ts';
import { PodList } from './pod-list.ts';
import type { ScrapeMetrics } from './scrape-metrics.ts';

export interface ReadingParts {
  nodes: NodeDirectory;
  pods: PodDirectory;
  watch: ClusterWatch;
  metrics: ScrapeMetrics;
  monotonicMs: () => number;
}

/** Pods that are looked at before the event loop has its turn. */
const podsOfSlice = 500;

/** What is served, and why what is not is not. */
export class Reading {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  *nodes(): Generator<NodeMetrics> {
    const nowMs = this.#parts.monotonicMs();
    for (const target of this.#parts.nodes.all()) {
      const metrics = nodeMetrics(target, nowMs);
      if (metrics) yield metrics;
    }
  }

  node(name: string): NodeMetrics | undefined {
    const target = this.#parts.nodes.get(name);
    return target && nodeMetrics(target, this.#parts.monotonicMs());
  }

  pods(namespace: string | undefined): Iterable<PodMetrics> {
    const { pods } = this.#parts;
    const nowMs = this.#parts.monotonicMs();
    const read = (pod: PodWindow, view: PodView) => this.#read(pod, nowMs, view);
    return new PodList(pods, namespace === undefined ? pods.namespaces() : [namespace], read);
  }

  pod(namespace: string, name: string): PodMetrics | undefined {
    const pod = this.#parts.pods.get(namespace, name);
    const view = new PodView();
    return pod && this.#read(pod, this.#parts.monotonicMs(), view) ? view : undefined;
  }

  whyNode(name: string): Why {
    const { nodes, watch } = this.#parts;
    const target = nodes.get(name);
    if (target) return whyOf(this.#nodeReason(target), `node ${name}`, target);
    if (nodes.isUnselected(name)) return whyOf('NodeNotSelected', `node ${name}`);
    return whyOf(watch.nodesSynced ? 'NoSuchNode' : 'NotInStep', `node ${name}`);
  }

  whyPod(namespace: string, name: string): Why {
    const { pods, nodes, watch } = this.#parts;
    const pod = pods.get(namespace, name);
    const what = `pod ${namespace}/${name}`;
    if (!pod) return whyOf(watch.podsSynced ? 'NoSuchPod' : 'NotInStep', what);
    const { reason, container } = this.#podReason(pod);
    return whyOf(reason, container === undefined ? what : `${what}, container ${container}`, nodes.get(pod.facts.node));
  }

  ready(): true | string {
    const { nodes, watch } = this.#parts;
    if (!watch.nodesSynced) return 'the watch of nodes has not delivered its first list yet';
    if (!watch.podsSynced) return 'the watch of pods has not delivered its first list yet';
    const untried = nodes.all().filter(({ wasTried, endpoint }) => !wasTried && endpoint).length;
    return untried === 0 ? true : `${untried} of ${nodes.size} nodes have not been asked yet`;
  }

  /** For the metric, in slices. */
  async countUnserved(): Promise<void> {
    const { nodes, pods, metrics } = this.#parts;
    const ofNodes = new Map<WhyReason, number>();
    for (const target of nodes.all()) count(ofNodes, this.#nodeReason(target));
    metrics.unserved('node', ofNodes);
    const ofPods = new Map<WhyReason, number>();
    const nowMs = this.#parts.monotonicMs();
    let inSlice = 0;
    for (const name of pods.namespaces()) {
      for (const pod of pods.of(name)) {
        // Nearly all are served, and then nothing else has to be known of them.
        const window = this.#windowOf(pod);
        if (!window || !pod.isServed(window, nowMs)) count(ofPods, this.#podReason(pod).reason);
        if (++inSlice % podsOfSlice === 0) await nextTurn();
      }
    }
    metrics.unserved('pod', ofPods);
  }

  #read(pod: PodWindow, nowMs: number, view: PodView): boolean {
    const window = this.#windowOf(pod);
    return window !== undefined && pod.read(window, nowMs, view);
  }

  #windowOf(pod: PodWindow): NodeWindow | undefined {
    return pod.window ?? this.#parts.nodes.get(pod.facts.node)?.window;
  }

  #nodeReason(target: NodeTarget): WhyReason {
    const reason = target.window.why(NODE_SLOT, this.#parts.monotonicMs());
    return reason === 'Served' ? reason : (unaskedReason(target) ?? reason);
  }

  #podReason(pod: PodWindow): { reason: WhyReason; container?: string } {
    const { node, running } = pod.facts;
    if (node === '') return { reason: 'NotScheduled' };
    if (running.length === 0) return { reason: 'NotRunning' };
    const target = this.#parts.nodes.get(node);
    if (!target) return { reason: this.#parts.nodes.isUnselected(node) ? 'NodeNotSelected' : 'NoSuchNode' };
    const why = pod.why(target.window, this.#parts.monotonicMs());
    if (why.reason === 'Served') return why;
    const reason = unaskedReason(target);
    return reason === undefined ? why : { reason };
  }
}

function nodeMetrics(target: NodeTarget, nowMs: number): NodeMetrics | undefined {
  const usage = target.window.usage(NODE_SLOT, nowMs);
  return usage && { name: target.facts.name, labels: target.facts.labels, usage };
}

/** Undefined: the kubelet was asked and has answered. */
function unaskedReason(target: NodeTarget): WhyReason | undefined {
  if (!target.facts.endpoint) return 'NoAddress';
  if (target.sharedWith !== undefined) return 'SharedAddress';
  return Number.isNaN(target.answeredAtMs) ? 'NodeNotScraped' : undefined;
}

function whyOf(reason: WhyReason, what: string, target?: NodeTarget): Why {
  if (reason === 'Served') return { served: true, reason, message: `${what} is served` };
  const { problem, sharedWith, facts } = target ?? {};
  const node = facts
    ? ` (node ${facts.name}${sharedWith === undefined ? '' : `, at the address of ${sharedWith}`})`
    : '';
  const latest = problem === undefined ? '' : `; the latest attempt: ${problem}`;
  return { served: false, reason, message: `${what}: ${whyReasons[reason]}${node}${latest}` };
}

function count(counts: Map<WhyReason, number>, reason: WhyReason): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
