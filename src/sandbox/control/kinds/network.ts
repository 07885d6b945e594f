import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { labelSelectorOf, printLabelSelector } from '../../../kubernetes/selector/selector.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue, required } from './kind.ts';

interface ServicePort {
  port: number;
  nodePort?: number;
  protocol?: string;
}

export const services = defineKind({
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  naming: 'label',
  hasStatus: true,
  deleteAnswersObject: true,
  columns: [
    nameColumn,
    column('Type', 'string', 'How it can be reached.', (service) => service.spec?.type ?? ''),
    column('Cluster-IP', 'string', 'Its address in the cluster.', (service) => service.spec?.clusterIP || '<none>'),
    column('External-IP', 'string', 'Its address outside.', externalOf),
    column('Port(s)', 'string', 'Its ports.', portsOf),
    ageColumn,
    column('Selector', 'string', 'Labels of its pods.', selectorOf, 1),
  ],
  selectable: {
    'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
    'spec.type': (service) => service.spec?.type ?? '',
  },
  prepare(service) {
    service.status = { loadBalancer: {} };
    // No proxy gives an address meaning here, so every service is without one, as headless services are.
    if (service.spec.type === 'ExternalName') return;
    service.spec.clusterIP ??= 'None';
    service.spec.clusterIPs ??= [service.spec.clusterIP];
    service.spec.internalTrafficPolicy ??= 'Cluster';
    for (const port of service.spec.ports ?? []) port.targetPort ??= port.port;
  },
  prepareUpdate(next, previous) {
    next.spec.clusterIP ??= previous.spec?.clusterIP;
    next.spec.clusterIPs ??= previous.spec?.clusterIPs;
  },
  validate(service) {
    const { type, ports, clusterIP, externalName } = service.spec ?? {};
    if (type === 'ExternalName') return externalName ? [] : [required('spec.externalName')];
    return (ports ?? []).length === 0 && clusterIP !== 'None' ? [required('spec.ports')] : [];
  },
});

export const endpoints = defineKind({
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  columns: [nameColumn, column('Endpoints', 'string', 'Addresses and ports.', endpointsOf), ageColumn],
});

export const serviceNameLabel = 'kubernetes.io/service-name';
const slicedMax = 1000;

export const endpointSlices = defineKind({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  columns: [
    nameColumn,
    column('AddressType', 'string', 'What its addresses are.', (slice) => slice.addressType ?? ''),
    column('Ports', 'string', 'The ports of each address.', slicePortsOf),
    column('Endpoints', 'string', 'The addresses.', sliceAddressesOf),
    ageColumn,
  ],
  generation: true,
  validate({ addressType, endpoints = [], ports = [] }) {
    const errors: FieldError[] = [];
    if (!['IPv4', 'IPv6', 'FQDN'].includes(addressType))
      errors.push({
        field: 'addressType',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(addressType)}: supported values: "FQDN", "IPv4", "IPv6"`,
      });
    if (endpoints.length > slicedMax || ports.length > slicedMax)
      errors.push({
        field: 'endpoints',
        reason: 'FieldValueTooMany',
        message: `Too many: must have at most ${slicedMax} items`,
      });
    for (const [index, endpoint] of (endpoints as { addresses?: string[] }[]).entries())
      if (!endpoint.addresses?.length)
        errors.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
    return errors;
  },
  validateUpdate: (next, previous) =>
    next.addressType === previous.addressType
      ? []
      : [invalidValue('addressType', next.addressType, 'field is immutable')],
});

function slicePortsOf({ ports = [] }: KubeObject): string {
  const texts = (ports as { port?: number }[]).map(({ port }) => String(port ?? '*'));
  return shortList(texts) || '<unset>';
}

function sliceAddressesOf({ endpoints: held = [] }: KubeObject): string {
  return shortList((held as { addresses: string[] }[]).flatMap(({ addresses }) => addresses)) || '<unset>';
}

function externalOf(service: KubeObject): string {
  const { type, externalIPs = [], externalName } = service.spec ?? {};
  if (type === 'ExternalName') return externalName ?? '<none>';
  const ingress: { ip?: string; hostname?: string }[] = service.status?.loadBalancer?.ingress ?? [];
  const addresses = [...ingress.map(({ ip, hostname }) => ip ?? hostname ?? ''), ...externalIPs];
  if (addresses.length > 0) return addresses.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function portsOf(service: KubeObject): string {
  const ports: ServicePort[] = service.spec?.ports ?? [];
  if (ports.length === 0) return '<none>';
  return ports
    .map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',');
}

function selectorOf(service: KubeObject): string {
  return printLabelSelector(labelSelectorOf({ matchLabels: service.spec?.selector ?? {} })!) || '<none>';
}

const shownMax = 3;

function endpointsOf(object: KubeObject): string {
  const subsets: { addresses?: { ip: string }[]; ports?: { port: number }[] }[] = object.subsets ?? [];
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => (ports.length === 0 ? [ip] : ports.map(({ port }) => `${ip}:${port}`))),
  );
  return shortList(all) || '<none>';
}

function shortList(all: readonly string[]): string {
  const more = all.length > shownMax ? ` + ${all.length - shownMax} more...` : '';
  return `${all.slice(0, shownMax).join(',')}${more}`;
}
