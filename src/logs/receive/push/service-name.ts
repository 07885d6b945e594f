import type { LabelRecord } from '../../batch/batch.ts';

/** Labels that name the service where `service_name` is missing, in the order in which Loki asks them. */
const sources = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
];
export const serviceNameLabel = 'service_name';
export const unknownService = 'unknown_service';

export function withServiceName(labels: LabelRecord): LabelRecord {
  if (Object.hasOwn(labels, serviceNameLabel)) return labels;
  const source = sources.find((name) => Object.hasOwn(labels, name));
  return { ...labels, [serviceNameLabel]: source === undefined ? unknownService : labels[source]! };
}
