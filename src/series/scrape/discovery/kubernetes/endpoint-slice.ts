import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { EndpointAddress } from './endpoint-targets.ts';
import { hostPort, type MetaLabels, sanitized, setMeta } from './meta-labels.ts';

interface Endpoint {
  addresses?: string[];
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  hostname?: string;
  nodeName?: string;
  zone?: string;
  deprecatedTopology?: Record<string, string>;
  targetRef?: { kind?: string; name?: string; namespace?: string };
}

interface Port {
  name?: string;
  port?: number;
  protocol?: string;
  appProtocol?: string;
}

/** The name of the service that a slice belongs to. */
export function serviceOfSlice(slice: KubeObject): string | undefined {
  return slice.metadata.labels?.['kubernetes.io/service-name'];
}

/** Of a service with addresses of both families, only the first family's are targets: each pod once. */
export function isSecondFamily(service: KubeObject | undefined, slice: KubeObject): boolean {
  const { ipFamilyPolicy, ipFamilies } = service?.spec ?? {};
  if (ipFamilyPolicy !== 'PreferDualStack' && ipFamilyPolicy !== 'RequireDualStack') return false;
  return ipFamilies?.length > 0 && slice.addressType !== ipFamilies[0];
}

export function sliceAddresses(slice: KubeObject): EndpointAddress[] {
  const ports = (slice.ports ?? []) as Port[];
  return ((slice.endpoints ?? []) as Endpoint[]).flatMap((endpoint) =>
    ports.flatMap((port) => (endpoint.addresses ?? []).map((address) => addressOf(address, endpoint, port))),
  );
}

function addressOf(address: string, endpoint: Endpoint, port: Port): EndpointAddress {
  const { conditions, targetRef, hostname, nodeName, zone, deprecatedTopology } = endpoint;
  const labels: MetaLabels = { __address__: port.port === undefined ? address : hostPort(address, port.port) };
  setMeta(labels, 'endpointslice_port_name', port.name);
  setMeta(labels, 'endpointslice_port_protocol', port.protocol);
  setMeta(labels, 'endpointslice_port', port.port);
  setMeta(labels, 'endpointslice_port_app_protocol', port.appProtocol);
  for (const condition of ['ready', 'serving', 'terminating'] as const)
    setMeta(labels, `endpointslice_endpoint_conditions_${condition}`, conditions?.[condition]);
  setMeta(labels, 'endpointslice_endpoint_hostname', hostname);
  if (targetRef) {
    setMeta(labels, 'endpointslice_address_target_kind', targetRef.kind);
    setMeta(labels, 'endpointslice_address_target_name', targetRef.name);
  }
  setMeta(labels, 'endpointslice_endpoint_node_name', nodeName);
  setMeta(labels, 'endpointslice_endpoint_zone', zone);
  for (const [name, value] of Object.entries(deprecatedTopology ?? {})) {
    setMeta(labels, `endpointslice_endpoint_topology_${sanitized(name)}`, value);
    setMeta(labels, `endpointslice_endpoint_topology_present_${sanitized(name)}`, 'true');
  }
  return { labels, port: port.port, protocol: undefined, targetRef, nodeName };
}
