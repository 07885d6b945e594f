/**
 * The door of the resource metrics pipeline: what the scraper keeps of nodes and containers, and what serving and `top` read.
 */

/** CPU and memory between two points of the same thing, at the time of the later one. */
export interface Usage {
  /** Milliseconds since 1970 of the later point, as the kubelet stamped it. */
  timeMs: number;
  /** Between the two points. */
  windowMs: number;
  /** Billionths of a core, on average over the window. */
  cpuNanocores: number;
  /** Working set at the later point. */
  memoryBytes: number;
}

export interface NodeMetrics {
  name: string;
  labels: Readonly<Record<string, string>>;
  usage: Usage;
}

export interface ContainerMetrics {
  name: string;
  usage: Usage;
}

/** A pod is served with all its running containers or not at all: the autoscaler sums them. */
export interface PodMetrics {
  namespace: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Of the container whose later point is the oldest. */
  timeMs: number;
  windowMs: number;
  /** All that run; one at least. */
  containers: readonly ContainerMetrics[];
  /** A small whole number, the pod's own as long as it is there; absent where there is none. Whoever remembers something of a pod does so by it. */
  place?: number;
  /** Above 0, and another one whenever the place has another pod, or the pod another name or labels. */
  revision?: number;
}

/** Every reason for which something is served or not, and what it means. The keys are also the values of a metric's label. */
export const whyReasons = {
  Served: 'it has a window that is young enough',
  NotInStep: 'the watch of nodes or pods has not delivered its first list yet',
  NoSuchNode: 'the API server knows no node of this name',
  NodeNotSelected: 'the node selector leaves this node out',
  NoAddress: 'the node has no address of a preferred type',
  SharedAddress: 'another node has the same address and port, and is the one that is asked',
  NodeNotScraped: 'the kubelet of the node has not answered yet',
  NoSuchPod: 'the API server knows no pod of this name in this namespace',
  NotScheduled: 'the pod has no node yet',
  NotRunning: 'no container of the pod is running',
  NotOnPage: 'the kubelet gives no usable CPU and memory for it',
  ClockSkew: "the kubelet's timestamps are too far from our clock",
  FirstPoint: 'one point so far; usage needs two',
  TooOld: 'its latest two points are too old',
} as const;

export type WhyReason = keyof typeof whyReasons;

/** Why something is or is not served, for people and for a metric's label. */
export interface Why {
  served: boolean;
  reason: WhyReason;
  message: string;
}

/**
 * Lists are in the order of namespace and name. Reading is synchronous and takes no snapshot: nothing is changed within a call.
 * Whoever goes through a list may pause and let others have their turn; each item is then as it is when it is reached,
 * and is to be used before the next one is asked for: a list of pods is one object that is filled in again and again.
 */
export interface ResourceMetrics {
  /** Nodes that the watch knows and that have a window. */
  nodes(): Iterable<NodeMetrics>;
  node(name: string): NodeMetrics | undefined;
  /** Every namespace where it is undefined. */
  pods(namespace: string | undefined): Iterable<PodMetrics>;
  pod(namespace: string, name: string): PodMetrics | undefined;
  whyNode(name: string): Why;
  whyPod(namespace: string, name: string): Why;
  /** True once the watches are in step and every node was tried once; otherwise what is still missing. */
  ready(): true | string;
}

/** The scraper at work. */
export interface ResourceScraper extends ResourceMetrics {
  /** True while rounds begin in time, and before the first; otherwise for how long none has begun. */
  timely(): true | string;
  close(): Promise<void>;
}
