/** The door of the room that finds, tails and assembles the log files of a node's containers. */
export type { Piece } from './assemble.ts';
export { Collector } from './collector.ts';
export { vanishedGap } from './gap.ts';
export { applyPod, mayLeave } from './metadata.ts';
export { collectMetrics } from './metrics.ts';
export type { PodDigest } from './pod-facts.ts';
export { PodWatch } from './pod-watch.ts';
export { Reports } from './reports.ts';
export { type CollectSettings, defaultCollectSettings } from './settings.ts';
export { Spool } from './spool.ts';
export { AgentState, type KnownInstance } from './state.ts';
export type { InstanceTail } from './tail.ts';
