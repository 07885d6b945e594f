import { notFound, StatusError } from '../../kubernetes/serve/serve.ts';
import type { ResourceMetrics, Why } from '../resources.ts';
import { group } from './form.ts';

/** 404 in metrics-server's words, which tell a pod that is not there from one that has no metrics; why is among the causes. */
export function missingPod(metrics: ResourceMetrics, namespace: string, name: string): StatusError {
  const why = metrics.whyPod(namespace, name);
  if (why.reason === 'NoSuchPod') return notFound({ group: '', plural: 'pods' }, name);
  return caused(notFound({ group, plural: 'podmetrics' }, `${namespace}/${name}`), why);
}

export function missingNode(metrics: ResourceMetrics, name: string): StatusError {
  const why = metrics.whyNode(name);
  if (why.reason === 'NoSuchNode') return notFound({ group: '', plural: 'node' }, name);
  return caused(notFound({ group, plural: 'nodemetrics' }, name), why);
}

function caused({ code, reason, message, details }: StatusError, why: Why): StatusError {
  return new StatusError(code, reason, message, { ...details, causes: [{ reason: why.reason, message: why.message }] });
}
