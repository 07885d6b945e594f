import type { KubeObject } from '../../kubernetes/client/client.ts';
import { broken, type Check, ok } from './check.ts';
import { apiServiceName, type Examination } from './examination.ts';

/** The API server knows to whom requests for the group go. */
export const apiServiceCheck: Check<Examination> = {
  id: 'api-service',
  title: 'APIService',
  after: ['api-server'],
  async run(examination) {
    const apiService = await examination.apiService();
    if (!apiService) return broken(`there is no APIService ${apiServiceName}`, [examination.manifest()]);
    const { service, caBundle, insecureSkipTLSVerify } = apiService.spec ?? {};
    if (!service)
      return broken(`${apiServiceName} names no service`, [
        examination.kubectl(`delete apiservice ${apiServiceName}`),
        examination.manifest(),
      ]);
    const trust = insecureSkipTLSVerify
      ? 'any certificate'
      : caBundle
        ? 'by its caBundle'
        : "by the cluster's authorities";
    return ok(
      `${apiServiceName} goes to ${service.namespace}/${service.name}, port ${service.port ?? 443}, verified ${trust}`,
    );
  },
};

export const serviceCheck: Check<Examination> = {
  id: 'service',
  title: 'Service',
  after: ['api-service'],
  async run(examination) {
    const { namespace, name, port } = await examination.service();
    const service = await examination.get(`/api/v1/namespaces/${namespace}/services/${name}`);
    if (!service) return broken(`there is no Service ${namespace}/${name}`, [examination.manifest()]);
    const ports: { port: number }[] = service.spec?.ports ?? [];
    if (service.spec?.type !== 'ExternalName' && !ports.some((each) => each.port === port))
      return broken(`Service ${namespace}/${name} has no port ${port}`, [examination.manifest()]);
    return ok(`${namespace}/${name} has port ${port}`);
  },
};

export interface Address {
  host: string;
  port: number;
  pod?: string | undefined;
}

/** Something stands behind the Service, and is ready. */
export const endpointsCheck: Check<Examination> = {
  id: 'endpoints',
  title: 'endpoints',
  after: ['service'],
  async run(examination) {
    const { namespace, name } = await examination.service();
    const addresses = await addressesOf(examination);
    if (addresses.length > 0)
      return ok(addresses.map(({ host, port, pod }) => `${host}:${port}${pod ? ` (${pod})` : ''}`).join(', '));
    return broken(`Service ${namespace}/${name} has no ready endpoint`, await fixesOf(examination, namespace, name));
  },
};

/** Ready ones, from EndpointSlices or, where there are none, from Endpoints. */
export async function addressesOf(examination: Examination): Promise<Address[]> {
  const { namespace, name, port } = await examination.service();
  const service = await examination.get(`/api/v1/namespaces/${namespace}/services/${name}`);
  const servicePort = (service?.spec?.ports ?? []).find((each: { port: number }) => each.port === port);
  const isOurs = (each: { name?: string }) => (each.name ?? '') === (servicePort?.name ?? '');
  const slices = await slicesOf(examination, namespace, name);
  if (slices.length > 0) return slices.flatMap((slice) => sliceAddresses(slice, isOurs));
  const endpoints = await examination.get(`/api/v1/namespaces/${namespace}/endpoints/${name}`);
  const subsets: Subset[] = endpoints?.subsets ?? [];
  return subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip, targetRef }) =>
      ports.filter(isOurs).map(({ port }) => ({ host: ip, port, pod: targetRef?.name })),
    ),
  );
}

interface Subset {
  addresses?: { ip: string; targetRef?: { name: string } }[];
  ports?: { name?: string; port: number }[];
}

async function slicesOf(examination: Examination, namespace: string, name: string): Promise<KubeObject[]> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
  const list = await examination.get(path);
  return list?.items ?? [];
}

function sliceAddresses(slice: KubeObject, isOurs: (port: { name?: string }) => boolean): Address[] {
  const ports: { name?: string; port: number }[] = slice.ports ?? [];
  const endpoints: { addresses: string[]; conditions?: { ready?: boolean }; targetRef?: { name: string } }[] =
    slice.endpoints ?? [];
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, targetRef }) =>
      ports.filter(isOurs).map(({ port }) => ({ host: addresses[0]!, port, pod: targetRef?.name })),
    );
}

async function fixesOf(examination: Examination, namespace: string, name: string): Promise<string[]> {
  const deployment = await examination.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  if (!deployment) return [examination.manifest()];
  if (deployment.spec?.replicas === 0)
    return [examination.kubectl(`scale deployment/${name} -n ${namespace} --replicas=1`)];
  return [
    examination.kubectl(`describe pods -n ${namespace} -l k8s-app=${name}`),
    examination.kubectl(`logs -n ${namespace} deployment/${name}`),
  ];
}
