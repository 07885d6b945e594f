import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { quantityNanos } from '../../../kubernetes/schema/quantity.ts';
import { MetricLines } from './metric-lines.ts';

interface Amounts {
  value?: string;
  averageValue?: string;
  averageUtilization?: number;
}

type MetricField = 'resource' | 'containerResource' | 'pods' | 'object' | 'external';
const fields: readonly MetricField[] = ['resource', 'containerResource', 'pods', 'object', 'external'];

type Metric = Partial<
  Record<MetricField, { name?: string; metric?: { name: string }; target?: Amounts; current?: Amounts }>
>;

/** Of the API's version v2. */
export function autoscalerLines(autoscaler: KubeObject): string {
  const { namespace, name, generation } = autoscaler.metadata;
  const { spec = {}, status = {} } = autoscaler;
  const lines = new MetricLines({ namespace, horizontalpodautoscaler: name });
  const prefix = 'kube_horizontalpodautoscaler';
  const { apiVersion, kind, name: target } = spec.scaleTargetRef ?? {};
  lines.add(`${prefix}_info`, 1, {
    scaletargetref_api_version: apiVersion,
    scaletargetref_kind: kind,
    scaletargetref_name: target,
  });
  lines.add(`${prefix}_metadata_generation`, generation);
  lines.add(`${prefix}_spec_max_replicas`, spec.maxReplicas);
  lines.add(`${prefix}_spec_min_replicas`, spec.minReplicas ?? 1);
  lines.add(`${prefix}_status_current_replicas`, status.currentReplicas ?? 0);
  lines.add(`${prefix}_status_desired_replicas`, status.desiredReplicas ?? 0);
  for (const { type, status: truth } of (status.conditions ?? []) as { type: string; status: string }[])
    lines.addCondition(`${prefix}_status_condition`, 'status', truth, { condition: type });
  addMetrics(lines, `${prefix}_spec_target_metric`, spec.metrics, 'target');
  addMetrics(lines, `${prefix}_status_target_metric`, status.currentMetrics, 'current');
  return lines.toString();
}

function addMetrics(lines: MetricLines, name: string, metrics: unknown, which: 'target' | 'current'): void {
  for (const metric of (metrics ?? []) as Metric[]) {
    for (const field of fields) {
      const one = metric[field];
      const amounts = one?.[which];
      if (!one || !amounts) continue;
      const labels = { metric_name: one.metric?.name ?? one.name };
      const add = (type: string, value: number | undefined) =>
        lines.add(name, value, { ...labels, metric_target_type: type });
      add('value', amountOf(amounts.value));
      add('average', amountOf(amounts.averageValue));
      add('utilization', amounts.averageUtilization);
    }
  }
}

function amountOf(text: string | undefined): number | undefined {
  const nanos = text === undefined ? undefined : quantityNanos(text);
  return nanos === undefined ? undefined : Number(nanos) / 1e9;
}
