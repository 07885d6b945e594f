import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { TargetGroup } from '../discovery.ts';
import { hostPort, type MetaLabels, objectMeta, sanitized, setMeta } from './meta-labels.ts';

/** The first that a node has is its address. */
const addressTypes = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname'];

/** Undefined: the node has no address yet. */
export function nodeGroup(node: KubeObject): Omit<TargetGroup, 'source'> | undefined {
  const addresses = (node.status?.addresses ?? []) as { type: string; address: string }[];
  const first = addressTypes.map((type) => addresses.find((address) => address.type === type)).find(Boolean);
  if (!first) return undefined;
  const labels: MetaLabels = {};
  setMeta(labels, 'node_provider_id', node.spec?.providerID);
  objectMeta(labels, 'node', node);
  for (const { type, status } of (node.status?.conditions ?? []) as { type: string; status: string }[])
    setMeta(labels, `node_condition_${sanitized(type.toLowerCase())}`, status.toLowerCase());
  const target: MetaLabels = {
    __address__: hostPort(first.address, node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0),
    instance: node.metadata.name,
  };
  for (const { type, address } of [...addresses].reverse()) setMeta(target, `node_address_${sanitized(type)}`, address);
  return { labels, targets: [target] };
}
