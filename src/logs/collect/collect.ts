/** The door of the room that finds, tails and assembles the log files of a node's containers. */

export type { Piece } from './assemble.ts';
export { Collector, type CollectorOptions } from './collector.ts';
export { type CollectMetrics, collectMetrics } from './metrics.ts';
export { type CollectSettings, defaultCollectSettings } from './settings.ts';
export type { InstanceTail } from './tail.ts';
