import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { Pod, PodStatus } from './pod.ts';

export interface PodHandlers {
  onUpsert(pod: Pod): void;
  onDelete(pod: Pod): void;
  /** After the first complete list. */
  onSynced(): void;
}

export interface NodeEvent {
  /** The pod, or the node itself. */
  object: { kind: 'Pod' | 'Node'; namespace?: string; name: string; uid?: string; fieldPath?: string };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** What the kubelet asks of the API server: the seam at which it is tested without one. */
export interface KubeletApi {
  /** Pods of this node, until the signal aborts. */
  watchPods(handlers: PodHandlers, signal: AbortSignal): Promise<void>;
  /** Resolves to false when the pod is gone or is another one by now. */
  writeStatus(pod: Pod, status: PodStatus): Promise<boolean>;
  /** Removes the object after its containers have ended. A pod that is gone already is no error. */
  finishDeletion(pod: Pod): Promise<void>;
  /** Undefined when there is none. */
  configMap(namespace: string, name: string): Promise<KubeObject | undefined>;
  secret(namespace: string, name: string): Promise<KubeObject | undefined>;
  /** Best effort: never rejects. */
  record(event: NodeEvent): void;
  /** Creates the Node or brings its status up to date, with or without the taint. */
  writeNode(node: KubeObject, taint: NodeTaint, tainted: boolean): Promise<void>;
  /** Says that the node lives: its Lease, which is made if there is none. */
  renewLease(nodeName: string): Promise<void>;
}

export interface NodeTaint {
  key: string;
  effect: 'NoSchedule';
}
