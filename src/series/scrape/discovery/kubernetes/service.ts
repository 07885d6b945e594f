import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import type { TargetGroup } from '../discovery.ts';
import { hostPort, type MetaLabels, objectMeta, setMeta } from './meta-labels.ts';

export function serviceLabels(service: KubeObject): MetaLabels {
  const labels: MetaLabels = {};
  setMeta(labels, 'namespace', service.metadata.namespace);
  objectMeta(labels, 'service', service);
  return labels;
}

/** A target for each port, by the service's name. */
export function serviceGroup(service: KubeObject): Omit<TargetGroup, 'source'> {
  const { name, namespace } = service.metadata;
  const { type = 'ClusterIP', clusterIP, externalName } = service.spec ?? {};
  const ports = (service.spec?.ports ?? []) as { name?: string; port: number; protocol?: string }[];
  const targets = ports.map((port) => {
    const target: MetaLabels = { __address__: hostPort(`${name}.${namespace}.svc`, port.port) };
    setMeta(target, 'service_port_name', port.name);
    setMeta(target, 'service_port_number', port.port);
    setMeta(target, 'service_port_protocol', port.protocol ?? 'TCP');
    setMeta(target, 'service_type', type);
    if (type === 'ExternalName') setMeta(target, 'service_external_name', externalName);
    else setMeta(target, 'service_cluster_ip', clusterIP);
    if (type === 'LoadBalancer') setMeta(target, 'service_loadbalancer_ip', loadBalancerAddress(service));
    return target;
  });
  return { labels: serviceLabels(service), targets };
}

function loadBalancerAddress(service: KubeObject): string {
  const given = (service.status?.loadBalancer?.ingress ?? []) as { ip?: string }[];
  const ips = given.map(({ ip }) => ip).filter(Boolean);
  return ips.length > 0 ? ips.join(',') : (service.spec?.loadBalancerIP ?? '');
}
