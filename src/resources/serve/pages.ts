import { type ApiRequest, badRequest, type Page, textAnswer } from '../../kubernetes/serve/serve.ts';
import type { MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { ResourceMetrics, Why } from '../resources.ts';
import { group, version } from './form.ts';

/** Our own metrics, for whoever may `get` the path /metrics. */
export function metricsPage(registry: MetricsRegistry): Page {
  return {
    path: '/metrics',
    access: 'path',
    answer: () => textAnswer(200, registry.exposition(), 'text/plain; version=0.0.4; charset=utf-8'),
  };
}

/** Why a pod or node is served or not: /debug/why?pod=NAMESPACE/NAME, ?node=NAME. For whoever may get its metrics. */
export function whyPage(metrics: ResourceMetrics): Page {
  return {
    path: '/debug/why',
    access: 'own',
    answer: async (request) => {
      const [pod, node] = [request.query.get('pod'), request.query.get('node')];
      if ((pod === null) === (node === null)) throw badRequest('ask for ?pod=NAMESPACE/NAME or for ?node=NAME');
      const why = pod === null ? await whyNode(metrics, request, node!) : await whyPod(metrics, request, pod);
      return { code: 200, object: why };
    },
  };
}

async function whyPod(metrics: ResourceMetrics, request: ApiRequest, pod: string): Promise<object> {
  const [namespace = '', name = '', ...more] = pod.split('/');
  if (namespace === '' || name === '' || more.length > 0)
    throw badRequest(`pod: ${JSON.stringify(pod)} is not NAMESPACE/NAME`);
  await authorize(request, 'pods', namespace, name);
  return { pod, ...worded(metrics.whyPod(namespace, name)) };
}

async function whyNode(metrics: ResourceMetrics, request: ApiRequest, node: string): Promise<object> {
  if (node === '') throw badRequest('node: is empty');
  await authorize(request, 'nodes', '', node);
  return { node, ...worded(metrics.whyNode(node)) };
}

export const worded = ({ served, reason, message }: Why) => ({ served, reason, message });

function authorize(request: ApiRequest, plural: string, namespace: string, name: string): Promise<void> {
  return request.authorize({ verb: 'get', group, version, plural, subresource: '', namespace, name });
}
