import type { NodeMetrics, PodMetrics } from '../resources.ts';

export type Kind = 'PodMetrics' | 'NodeMetrics';

export const group = 'metrics.k8s.io';
export const version = 'v1beta1';
export const apiVersion = `${group}/${version}`;

/**
 * How an answer is written: it is given its items one by one, and ended. A form is used for one answer.
 * Whoever drives it may pause between items.
 */
export interface ListForm {
  readonly contentType: string;
  /** Nothing of the item is kept. */
  add(item: PodMetrics | NodeMetrics): void;
  /** Bytes that may go out already, in their order; each is given once. None where the beginning depends on the end. */
  take(): Buffer[];
  /** What is left. Called once. */
  end(): Buffer[];
}
