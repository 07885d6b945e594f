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
  containers: readonly ContainerMetrics[];
}

/** Why something is not served, for people and for a metric's label. */
export interface Why {
  served: boolean;
  /** In CamelCase, from a fixed list: `NoSuchPod`, `NotRunning`, `FirstPoint`, `NodeNotScraped`, `TooOld`, … */
  reason: string;
  message: string;
}

/** Lists are in the order of namespace and name. Reading is synchronous and takes no snapshot: nothing is changed within a call. */
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
  close(): Promise<void>;
}
