/** The door: usage from the last two points. Pure; times are handed in. */
export { type WindowLimits, windowLimits } from './limits.ts';
export { NODE_SLOT, NodeWindow } from './node-window.ts';
export { entryOf, PagePoints, type PageTally, SAMPLE, type SampleKind } from './page-points.ts';
export { type PodFacts, PodView, PodWindow } from './pod-window.ts';
export type { ScrapeTime } from './point-rows.ts';
