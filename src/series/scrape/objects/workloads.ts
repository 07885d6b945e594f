import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { MetricLines } from './metric-lines.ts';
import { addOwners } from './owners.ts';

/** The metrics that all kinds of workload have, with their names' common beginning. */
function begin(object: KubeObject, label: string): { lines: MetricLines; prefix: string } {
  const { namespace, name, creationTimestamp, generation } = object.metadata;
  const lines = new MetricLines({ namespace, [label]: name });
  const prefix = `kube_${label}`;
  lines.addTime(`${prefix}_created`, creationTimestamp);
  lines.add(`${prefix}_metadata_generation`, generation);
  lines.add(`${prefix}_status_observed_generation`, object.status?.observedGeneration);
  return { lines, prefix };
}

export function deploymentLines(deployment: KubeObject): string {
  const { lines, prefix } = begin(deployment, 'deployment');
  const { spec = {}, status = {} } = deployment;
  const replicas: number = spec.replicas ?? 1;
  lines.add(`${prefix}_spec_replicas`, replicas);
  lines.add(`${prefix}_spec_paused`, spec.paused ?? false);
  const { maxUnavailable, maxSurge } = spec.strategy?.rollingUpdate ?? {};
  const of = `${prefix}_spec_strategy_rollingupdate`;
  lines.add(`${of}_max_unavailable`, shareOf(replicas, maxUnavailable, Math.floor));
  lines.add(`${of}_max_surge`, shareOf(replicas, maxSurge, Math.ceil));
  lines.add(`${prefix}_status_replicas`, status.replicas ?? 0);
  lines.add(`${prefix}_status_replicas_ready`, status.readyReplicas ?? 0);
  lines.add(`${prefix}_status_replicas_available`, status.availableReplicas ?? 0);
  lines.add(`${prefix}_status_replicas_unavailable`, status.unavailableReplicas ?? 0);
  lines.add(`${prefix}_status_replicas_updated`, status.updatedReplicas ?? 0);
  for (const { type, status: truth } of (status.conditions ?? []) as { type: string; status: string }[])
    lines.addCondition(`${prefix}_status_condition`, 'status', truth, { condition: type });
  return lines.toString();
}

/** A number of replicas, or a percentage of them. */
function shareOf(replicas: number, share: unknown, round: (value: number) => number): number | undefined {
  if (typeof share === 'number') return share;
  const percent = typeof share === 'string' ? /^(\d+)%$/.exec(share)?.[1] : undefined;
  return percent === undefined ? undefined : round((replicas * Number(percent)) / 100);
}

export function replicaSetLines(replicaSet: KubeObject): string {
  const { lines, prefix } = begin(replicaSet, 'replicaset');
  const { spec = {}, status = {} } = replicaSet;
  lines.add(`${prefix}_spec_replicas`, spec.replicas ?? 1);
  lines.add(`${prefix}_status_replicas`, status.replicas ?? 0);
  lines.add(`${prefix}_status_ready_replicas`, status.readyReplicas ?? 0);
  lines.add(`${prefix}_status_fully_labeled_replicas`, status.fullyLabeledReplicas ?? 0);
  addOwners(lines, `${prefix}_owner`, replicaSet);
  return lines.toString();
}

export function statefulSetLines(statefulSet: KubeObject): string {
  const { lines, prefix } = begin(statefulSet, 'statefulset');
  const { spec = {}, status = {} } = statefulSet;
  lines.add(`${prefix}_replicas`, spec.replicas ?? 1);
  lines.add(`${prefix}_status_replicas`, status.replicas ?? 0);
  lines.add(`${prefix}_status_replicas_ready`, status.readyReplicas ?? 0);
  lines.add(`${prefix}_status_replicas_available`, status.availableReplicas ?? 0);
  lines.add(`${prefix}_status_replicas_current`, status.currentReplicas ?? 0);
  lines.add(`${prefix}_status_replicas_updated`, status.updatedReplicas ?? 0);
  if (status.currentRevision) lines.add(`${prefix}_status_current_revision`, 1, { revision: status.currentRevision });
  if (status.updateRevision) lines.add(`${prefix}_status_update_revision`, 1, { revision: status.updateRevision });
  return lines.toString();
}

export function daemonSetLines(daemonSet: KubeObject): string {
  const { lines, prefix } = begin(daemonSet, 'daemonset');
  const { status = {} } = daemonSet;
  lines.add(`${prefix}_status_desired_number_scheduled`, status.desiredNumberScheduled ?? 0);
  lines.add(`${prefix}_status_current_number_scheduled`, status.currentNumberScheduled ?? 0);
  lines.add(`${prefix}_status_number_misscheduled`, status.numberMisscheduled ?? 0);
  lines.add(`${prefix}_status_number_ready`, status.numberReady ?? 0);
  lines.add(`${prefix}_status_number_available`, status.numberAvailable ?? 0);
  lines.add(`${prefix}_status_number_unavailable`, status.numberUnavailable ?? 0);
  lines.add(`${prefix}_status_updated_number_scheduled`, status.updatedNumberScheduled ?? 0);
  return lines.toString();
}

export function jobLines(job: KubeObject): string {
  const { namespace, name, creationTimestamp } = job.metadata;
  const { spec = {}, status = {} } = job;
  const lines = new MetricLines({ namespace, job_name: name });
  lines.add('kube_job_info', 1);
  lines.addTime('kube_job_created', creationTimestamp);
  lines.add('kube_job_spec_parallelism', spec.parallelism);
  lines.add('kube_job_spec_completions', spec.completions);
  lines.add('kube_job_status_active', status.active ?? 0);
  lines.add('kube_job_status_succeeded', status.succeeded ?? 0);
  lines.add('kube_job_status_failed', status.failed ?? 0);
  lines.addTime('kube_job_status_start_time', status.startTime);
  lines.addTime('kube_job_status_completion_time', status.completionTime);
  for (const { type, status: truth } of (status.conditions ?? []) as { type: string; status: string }[]) {
    if (type === 'Complete') lines.addCondition('kube_job_complete', 'condition', truth);
    if (type === 'Failed') lines.addCondition('kube_job_failed', 'condition', truth);
  }
  addOwners(lines, 'kube_job_owner', job);
  return lines.toString();
}
