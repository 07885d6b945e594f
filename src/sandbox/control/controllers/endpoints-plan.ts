import { isIPv6 } from 'node:net';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { labelSelectorOf, matchesLabels } from '../../../kubernetes/selector/selector.ts';
import { type Condition, conditionOf } from '../conditions.ts';

interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  appProtocol?: string;
  targetPort?: number | string;
}

interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}

interface EndpointPort {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

interface Address {
  ip: string;
  nodeName?: string;
  targetRef: object;
}

export interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports: EndpointPort[];
}

/**
 * The endpoints of a service's pods: those that are ready and those that are not, in the order of addresses. Pods whose named
 * ports lead to different numbers are in different subsets. Undefined for a service whose endpoints somebody else writes.
 */
export function plannedSubsets(service: KubeObject, pods: readonly KubeObject[]): Subset[] | undefined {
  const { selector, ports = [], publishNotReadyAddresses } = service.spec ?? {};
  if (!selector || Object.keys(selector).length === 0 || service.spec?.type === 'ExternalName') return undefined;
  const wanted = labelSelectorOf({ matchLabels: selector })!;
  const subsets = new Map<string, Required<Subset>>();
  const sorted = pods
    .filter((pod) => isAddressed(pod) && matchesLabels(wanted, pod.metadata.labels))
    .sort((a, b) => orderOf(a).localeCompare(orderOf(b)));
  for (const pod of sorted) {
    const resolved = (ports as ServicePort[]).flatMap((port) => resolvedPort(port, pod));
    if (resolved.length === 0 && ports.length > 0) continue;
    const key = JSON.stringify(resolved);
    const subset = subsets.get(key) ?? { addresses: [], notReadyAddresses: [], ports: resolved };
    subsets.set(key, subset);
    const { namespace = '', name, uid } = pod.metadata;
    const { nodeName } = pod.spec;
    const address = { ip: pod.status.podIP, nodeName, targetRef: { kind: 'Pod', namespace, name, uid } };
    (publishNotReadyAddresses || isReady(pod) ? subset.addresses : subset.notReadyAddresses).push(address);
  }
  return [...subsets.values()].map(({ addresses, notReadyAddresses, ports: of }) => ({
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ports: of,
  }));
}

const orderOf = ({ status, metadata }: KubeObject) => `${status.podIP} ${metadata.name}`;

/** Endpoints are IPv4 here, as the node's addresses are. */
function isAddressed({ metadata, spec, status }: KubeObject): boolean {
  const { podIP, phase } = status ?? {};
  const ended = phase === 'Succeeded' || phase === 'Failed' || metadata.deletionTimestamp !== undefined;
  return Boolean(podIP) && !isIPv6(podIP) && Boolean(spec?.nodeName) && !ended;
}

function isReady({ status }: KubeObject): boolean {
  return conditionOf(status?.conditions as Condition[] | undefined, 'Ready')?.status === 'True';
}

/** A port that is named is each pod's own; a pod without it has no such endpoint. */
function resolvedPort({ name, port, protocol = 'TCP', appProtocol, targetPort = port }: ServicePort, pod: KubeObject) {
  const number = typeof targetPort === 'number' ? targetPort : namedPort(targetPort, protocol, pod);
  if (number === undefined) return [];
  return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
}

function namedPort(wanted: string, protocol: string, { spec }: KubeObject): number | undefined {
  const all = (spec.containers as { ports?: ContainerPort[] }[]).flatMap(({ ports = [] }) => ports);
  return all.find((each) => each.name === wanted && (each.protocol ?? 'TCP') === protocol)?.containerPort;
}
