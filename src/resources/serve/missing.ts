import { notFound, type StatusError } from '../../kubernetes/serve/serve.ts';
import type { ResourceMetrics } from '../resources.ts';
import { group } from './form.ts';

/** 404 in metrics-server's words, which tell a pod that is not there from one that has no metrics. */
export function missingPod(metrics: ResourceMetrics, namespace: string, name: string): StatusError {
  if (metrics.whyPod(namespace, name).reason === 'NoSuchPod') return notFound({ group: '', plural: 'pods' }, name);
  return notFound({ group, plural: 'podmetrics' }, `${namespace}/${name}`);
}

export function missingNode(metrics: ResourceMetrics, name: string): StatusError {
  if (metrics.whyNode(name).reason === 'NoSuchNode') return notFound({ group: '', plural: 'node' }, name);
  return notFound({ group, plural: 'nodemetrics' }, name);
}
