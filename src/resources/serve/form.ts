import type { NodeMetrics, PodMetrics } from '../resources.ts';

export type Kind = 'PodMetrics' | 'NodeMetrics';

export const group = 'metrics.k8s.io';
export const version = 'v1beta1';
export const apiVersion = `${group}/${version}`;

/**
 * How an answer is written, in pieces: a list is begun, given its items one by one, and ended. `pieces` are what may go out
 * as one; whoever drives it may pause between items. A form is used for one answer.
 */
export interface ListForm {
  readonly contentType: string;
  pod(item: PodMetrics): void;
  node(item: NodeMetrics): void;
  /** The whole answer, in the order of its bytes. Called once, at the end. */
  end(): Buffer[];
}
