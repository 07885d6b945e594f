import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { Collection } from '../discovery/kubernetes/watches.ts';
import { autoscalerLines } from './autoscaler.ts';
import { namespaceLines, nodeLines, serviceLines } from './cluster.ts';
import { podLines } from './pod.ts';
import { daemonSetLines, deploymentLines, jobLines, replicaSetLines, statefulSetLines } from './workloads.ts';

export interface ObjectKind {
  collection: Collection;
  /** The object's metrics, named as kube-state-metrics names them. */
  lines: (object: KubeObject) => string;
}

export const objectKinds: readonly ObjectKind[] = [
  { collection: 'pods', lines: podLines },
  { collection: 'nodes', lines: nodeLines },
  { collection: 'namespaces', lines: namespaceLines },
  { collection: 'services', lines: serviceLines },
  { collection: 'deployments', lines: deploymentLines },
  { collection: 'replicasets', lines: replicaSetLines },
  { collection: 'statefulsets', lines: statefulSetLines },
  { collection: 'daemonsets', lines: daemonSetLines },
  { collection: 'jobs', lines: jobLines },
  { collection: 'horizontalpodautoscalers', lines: autoscalerLines },
];
