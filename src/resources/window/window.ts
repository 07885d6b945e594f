/** The door: usage from the last two points. Pure; times are handed in. */
export { type WindowLimits, windowLimits } from './limits.ts';
export { NODE_SLOT, NodeWindow } from './node-window.ts';
export { PagePoints, type PageTally, type Refusal, SAMPLE, type SampleKind } from './page-points.ts';
export { type PodFacts, type PodWhy, PodWindow } from './pod-window.ts';
export { type Observed, type Point, PointColumns, type ScrapeTime } from './point-columns.ts';
