import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { MetricLines } from './metric-lines.ts';

const roleLabel = 'node-role.kubernetes.io/';

export function nodeLines(node: KubeObject): string {
  const { spec = {}, status = {}, metadata } = node;
  const lines = new MetricLines({ node: metadata.name });
  const { nodeInfo = {} } = status;
  const addresses = (status.addresses ?? []) as { type: string; address: string }[];
  lines.add('kube_node_info', 1, {
    kernel_version: nodeInfo.kernelVersion,
    os_image: nodeInfo.osImage,
    container_runtime_version: nodeInfo.containerRuntimeVersion,
    kubelet_version: nodeInfo.kubeletVersion,
    kubeproxy_version: nodeInfo.kubeProxyVersion,
    provider_id: spec.providerID,
    pod_cidr: spec.podCIDR,
    system_uuid: nodeInfo.systemUUID,
    internal_ip: addresses.find(({ type }) => type === 'InternalIP')?.address,
  });
  lines.addTime('kube_node_created', metadata.creationTimestamp);
  lines.add('kube_node_spec_unschedulable', spec.unschedulable ?? false);
  for (const { key, value, effect } of (spec.taints ?? []) as { key: string; value?: string; effect: string }[])
    lines.add('kube_node_spec_taint', 1, { key, value, effect });
  for (const label of Object.keys(metadata.labels ?? {})) {
    if (label.startsWith(roleLabel)) lines.add('kube_node_role', 1, { role: label.slice(roleLabel.length) });
  }
  for (const { type, status: truth } of (status.conditions ?? []) as { type: string; status: string }[])
    lines.addCondition('kube_node_status_condition', 'status', truth, { condition: type });
  lines.addResources('kube_node_status_capacity', status.capacity);
  lines.addResources('kube_node_status_allocatable', status.allocatable);
  return lines.toString();
}

export function namespaceLines(namespace: KubeObject): string {
  const lines = new MetricLines({ namespace: namespace.metadata.name });
  lines.addTime('kube_namespace_created', namespace.metadata.creationTimestamp);
  const { phase, conditions } = namespace.status ?? {};
  lines.addState('kube_namespace_status_phase', 'phase', phase ?? 'Active', ['Active', 'Terminating']);
  for (const { type, status } of (conditions ?? []) as { type: string; status: string }[])
    lines.addCondition('kube_namespace_status_condition', 'status', status, { condition: type });
  return lines.toString();
}

export function serviceLines(service: KubeObject): string {
  const { namespace, name, uid, creationTimestamp } = service.metadata;
  const { spec = {} } = service;
  const lines = new MetricLines({ namespace, service: name, uid });
  lines.add('kube_service_info', 1, {
    cluster_ip: spec.clusterIP,
    external_name: spec.externalName,
    load_balancer_ip: spec.loadBalancerIP,
  });
  lines.addTime('kube_service_created', creationTimestamp);
  lines.add('kube_service_spec_type', 1, { type: spec.type ?? 'ClusterIP' });
  return lines.toString();
}
