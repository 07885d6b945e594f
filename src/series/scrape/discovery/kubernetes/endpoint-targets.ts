import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import { hostPort, type MetaLabels } from './meta-labels.ts';
import { type ContainerPort, containerLabels, podContainers, podLabels } from './pod.ts';

interface ObjectReference {
  kind?: string;
  name?: string;
  namespace?: string;
}

/** One address and port of an Endpoints or EndpointSlice, with its own labels. */
export interface EndpointAddress {
  labels: MetaLabels;
  port: number | undefined;
  /** As the endpoint says it, for the container's port; undefined: the container's own. */
  protocol: string | undefined;
  targetRef: ObjectReference | undefined;
  nodeName: string | undefined;
}

export interface EndpointObjects {
  pod(key: string): KubeObject | undefined;
  /** Labels of the node, where they are wanted. */
  nodeLabels(name: string | undefined): MetaLabels;
}

/** The key of the pod that an address is of. */
export function podKeyOf(reference: ObjectReference | undefined): string | undefined {
  return reference?.kind === 'Pod' ? `${reference.namespace}/${reference.name}` : undefined;
}

/**
 * A target for each address, with the labels of the pod behind it; and for each pod seen, one for every port of its containers
 * that no address has, as Prometheus does it.
 */
export function endpointTargets(addresses: readonly EndpointAddress[], objects: EndpointObjects): MetaLabels[] {
  const targets: MetaLabels[] = [];
  const seen = new Map<string, { pod: KubeObject; ports: Set<number | undefined> }>();
  for (const { labels, port, protocol, targetRef, nodeName } of addresses) {
    const node = targetRef?.kind === 'Node' ? targetRef.name : nodeName;
    const target: MetaLabels = { ...labels, ...objects.nodeLabels(node) };
    targets.push(target);
    const key = podKeyOf(targetRef);
    const pod = key === undefined ? undefined : objects.pod(key);
    if (key === undefined || !pod) continue;
    Object.assign(target, podLabels(pod));
    for (const container of podContainers(pod)) {
      const own = port === undefined ? undefined : container.ports.find(({ containerPort }) => containerPort === port);
      if (own) Object.assign(target, containerLabels(container, protocol === undefined ? own : { ...own, protocol }));
    }
    const entry = seen.get(key) ?? { pod, ports: new Set() };
    seen.set(key, entry);
    entry.ports.add(port);
  }
  for (const { pod, ports } of seen.values()) targets.push(...otherPorts(pod, ports));
  return targets;
}

function otherPorts(pod: KubeObject, seen: ReadonlySet<number | undefined>): MetaLabels[] {
  const ip = pod.status?.podIP as string | undefined;
  if (!ip) return [];
  const labels = podLabels(pod);
  return podContainers(pod).flatMap((container) =>
    container.ports
      .filter(({ containerPort }) => !seen.has(containerPort))
      .map((port: ContainerPort) => ({
        __address__: hostPort(ip, port.containerPort),
        ...containerLabels(container, port),
        ...labels,
      })),
  );
}
