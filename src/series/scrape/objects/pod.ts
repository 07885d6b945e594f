import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { MetricLines } from './metric-lines.ts';
import { addOwners } from './owners.ts';

const phases = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'];
const reasons = ['Evicted', 'NodeAffinity', 'NodeLost', 'Shutdown', 'UnexpectedAdmissionError'];

interface ContainerState {
  running?: { startedAt?: string };
  waiting?: { reason?: string };
  terminated?: { reason?: string; exitCode?: number; startedAt?: string };
}

interface ContainerStatus {
  name: string;
  image?: string;
  imageID?: string;
  containerID?: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface Container {
  name: string;
  image?: string;
  resources?: { requests?: unknown; limits?: unknown };
}

export function podLines(pod: KubeObject): string {
  const { namespace, name, uid, ownerReferences, creationTimestamp, deletionTimestamp } = pod.metadata;
  const { spec = {}, status = {} } = pod;
  const lines = new MetricLines({ namespace, pod: name, uid });
  const owner = ownerReferences?.find(({ controller }) => controller) ?? ownerReferences?.[0];
  lines.add('kube_pod_info', 1, {
    host_ip: status.hostIP,
    pod_ip: status.podIP,
    node: spec.nodeName,
    created_by_kind: owner?.kind,
    created_by_name: owner?.name,
    priority_class: spec.priorityClassName,
    host_network: spec.hostNetwork ?? false,
  });
  lines.addTime('kube_pod_created', creationTimestamp);
  lines.addTime('kube_pod_start_time', status.startTime);
  lines.addTime('kube_pod_deletion_timestamp', deletionTimestamp);
  lines.add('kube_pod_restart_policy', 1, { type: spec.restartPolicy ?? 'Always' });
  addOwners(lines, 'kube_pod_owner', pod);
  // A pod that was evicted says so beside its phase.
  if (status.phase) lines.addState('kube_pod_status_phase', 'phase', status.phase, phases);
  lines.addState('kube_pod_status_reason', 'reason', status.reason, reasons);
  for (const { type, status: truth } of (status.conditions ?? []) as { type: string; status: string }[]) {
    if (type === 'Ready') lines.addCondition('kube_pod_status_ready', 'condition', truth);
    if (type === 'PodScheduled') lines.addCondition('kube_pod_status_scheduled', 'condition', truth);
  }
  addContainers(lines, 'kube_pod_container', spec.containers, status.containerStatuses, spec.nodeName);
  addContainers(lines, 'kube_pod_init_container', spec.initContainers, status.initContainerStatuses, spec.nodeName);
  return lines.toString();
}

function addContainers(
  lines: MetricLines,
  prefix: string,
  specs: readonly Container[] | undefined,
  statuses: readonly ContainerStatus[] | undefined,
  node: string | undefined,
): void {
  for (const { name, resources } of specs ?? []) {
    lines.addResources(`${prefix}_resource_requests`, resources?.requests, { container: name, node });
    lines.addResources(`${prefix}_resource_limits`, resources?.limits, { container: name, node });
  }
  for (const status of statuses ?? []) {
    const spec = specs?.find(({ name }) => name === status.name);
    addStatus(lines, prefix, status, spec?.image);
  }
}

function addStatus(lines: MetricLines, prefix: string, status: ContainerStatus, imageSpec: string | undefined): void {
  const { state = {}, lastState = {} } = status;
  const container = { container: status.name };
  lines.add(`${prefix}_info`, 1, {
    ...container,
    image_spec: imageSpec,
    image: status.image,
    image_id: status.imageID,
    container_id: status.containerID,
  });
  lines.add(`${prefix}_status_ready`, status.ready, container);
  lines.add(`${prefix}_status_restarts_total`, status.restartCount, container);
  lines.add(`${prefix}_status_running`, state.running !== undefined, container);
  lines.add(`${prefix}_status_waiting`, state.waiting !== undefined, container);
  lines.add(`${prefix}_status_terminated`, state.terminated !== undefined, container);
  lines.addTime(`${prefix}_state_started`, state.running?.startedAt ?? state.terminated?.startedAt, container);
  if (state.waiting?.reason)
    lines.add(`${prefix}_status_waiting_reason`, 1, { ...container, reason: state.waiting.reason });
  if (state.terminated?.reason)
    lines.add(`${prefix}_status_terminated_reason`, 1, { ...container, reason: state.terminated.reason });
  if (!lastState.terminated) return;
  const { reason, exitCode } = lastState.terminated;
  if (reason) lines.add(`${prefix}_status_last_terminated_reason`, 1, { ...container, reason });
  lines.add(`${prefix}_status_last_terminated_exitcode`, exitCode, container);
}
