import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { TargetGroup } from '../discovery.ts';
import { hostPort, type MetaLabels, objectMeta, setMeta } from './meta-labels.ts';

export interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}

export interface PodContainer {
  name: string;
  image?: string;
  ports: readonly ContainerPort[];
  init: boolean;
  id: string;
}

/** Regular containers, then init containers. */
export function podContainers(pod: KubeObject): PodContainer[] {
  const of = (specs: unknown, statuses: unknown, init: boolean): PodContainer[] =>
    ((specs ?? []) as { name: string; image?: string; ports?: ContainerPort[] }[]).map(({ name, image, ports }) => {
      const status = ((statuses ?? []) as { name: string; containerID?: string }[]).find((one) => one.name === name);
      return {
        name,
        ...(image === undefined ? {} : { image }),
        ports: ports ?? [],
        init,
        id: status?.containerID ?? '',
      };
    });
  return [
    ...of(pod.spec?.containers, pod.status?.containerStatuses, false),
    ...of(pod.spec?.initContainers, pod.status?.initContainerStatuses, true),
  ];
}

export function podLabels(pod: KubeObject): MetaLabels {
  const labels: MetaLabels = {};
  const conditions = (pod.status?.conditions ?? []) as { type: string; status: string }[];
  const ready = conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
  setMeta(labels, 'pod_ip', pod.status?.podIP);
  setMeta(labels, 'pod_ready', ready.toLowerCase());
  setMeta(labels, 'pod_phase', pod.status?.phase);
  setMeta(labels, 'pod_node_name', pod.spec?.nodeName);
  setMeta(labels, 'pod_host_ip', pod.status?.hostIP);
  setMeta(labels, 'pod_uid', pod.metadata.uid);
  objectMeta(labels, 'pod', pod);
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner) {
    setMeta(labels, 'pod_controller_kind', owner.kind);
    setMeta(labels, 'pod_controller_name', owner.name);
  }
  return labels;
}

/** What a container and its port add to a target. */
export function containerLabels(container: PodContainer, port: ContainerPort | undefined): MetaLabels {
  const labels: MetaLabels = {};
  setMeta(labels, 'pod_container_name', container.name);
  setMeta(labels, 'pod_container_image', container.image);
  setMeta(labels, 'pod_container_init', container.init);
  if (port) {
    setMeta(labels, 'pod_container_port_name', port.name);
    setMeta(labels, 'pod_container_port_number', port.containerPort);
    setMeta(labels, 'pod_container_port_protocol', port.protocol ?? 'TCP');
  }
  return labels;
}

/** A target for each port of each container, or for a container without ports; none before the pod has an address. */
export function podGroup(pod: KubeObject, attached: MetaLabels): Omit<TargetGroup, 'source'> | undefined {
  const ip = pod.status?.podIP as string | undefined;
  if (!ip) return undefined;
  const labels: MetaLabels = { ...podLabels(pod), ...attached };
  setMeta(labels, 'namespace', pod.metadata.namespace);
  const targets = podContainers(pod).flatMap((container) => {
    const ports = container.ports.length === 0 ? [undefined] : container.ports;
    return ports.map((port) => {
      const target: MetaLabels = {
        __address__: port ? hostPort(ip, port.containerPort) : ip,
        ...containerLabels(container, port),
      };
      setMeta(target, 'pod_container_id', container.id);
      return target;
    });
  });
  return { labels, targets };
}
