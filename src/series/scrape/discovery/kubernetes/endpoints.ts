import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { EndpointAddress } from './endpoint-targets.ts';
import { hostPort, type MetaLabels, setMeta } from './meta-labels.ts';

interface Address {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: { kind?: string; name?: string; namespace?: string };
}

interface Port {
  name?: string;
  port: number;
  protocol?: string;
}

interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports?: Port[];
}

export function endpointsAddresses(endpoints: KubeObject): EndpointAddress[] {
  return ((endpoints.subsets ?? []) as Subset[]).flatMap(({ addresses, notReadyAddresses, ports }) =>
    (ports ?? []).flatMap((port) => [
      ...(addresses ?? []).map((address) => addressOf(address, port, true)),
      ...(notReadyAddresses ?? []).map((address) => addressOf(address, port, false)),
    ]),
  );
}

function addressOf({ ip, hostname, nodeName, targetRef }: Address, port: Port, ready: boolean): EndpointAddress {
  const protocol = port.protocol ?? 'TCP';
  const labels: MetaLabels = { __address__: hostPort(ip, port.port) };
  setMeta(labels, 'endpoint_port_name', port.name);
  setMeta(labels, 'endpoint_port_protocol', protocol);
  setMeta(labels, 'endpoint_ready', ready);
  if (targetRef) {
    setMeta(labels, 'endpoint_address_target_kind', targetRef.kind);
    setMeta(labels, 'endpoint_address_target_name', targetRef.name);
  }
  setMeta(labels, 'endpoint_node_name', nodeName);
  setMeta(labels, 'endpoint_hostname', hostname);
  return { labels, port: port.port, protocol, targetRef, nodeName };
}
