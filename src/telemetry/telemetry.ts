/** The door: our own logs and /metrics. */
export * from './log.ts';
export * from './metrics.ts';
