import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { endpointSlices, endpoints, serviceNameLabel, services } from '../kinds/network.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** The port of a service, as an APIService names it. */
export interface ServiceReference {
  namespace: string;
  name: string;
  port: number;
}

export interface Address {
  host: string;
  port: number;
}

/** The addresses behind a service's port, or why there are none, in the words of the aggregator's condition. */
export type Resolved = { addresses: Address[] } | { reason: string; message: string };

type Store = Pick<ObjectStore, 'read' | 'scan'>;

/**
 * There is no proxy for services here, so the addresses themselves are taken, as the API server does with
 * --enable-aggregator-routing; from Endpoints or, where there are none, from EndpointSlices.
 */
export function resolveService(store: Store, { namespace, name, port }: ServiceReference): Resolved {
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = store.read(services.stored, { namespace, name });
  if (!service) return { reason: 'ServiceNotFound', message: `${where} is not present` };
  if (service.spec?.type === 'ExternalName') return { addresses: [{ host: service.spec.externalName, port }] };
  const servicePort = (service.spec?.ports ?? []).find((each: { port: number }) => each.port === port);
  if (!servicePort) return { reason: 'ServicePortError', message: `${where} is not listening on port ${port}` };
  const portName: string = servicePort.name ?? '';
  const listed = store.read(endpoints.stored, { namespace, name });
  const slices = slicesOf(store, namespace, name);
  if (!listed && slices.length === 0)
    return { reason: 'EndpointsNotFound', message: `cannot find endpoints for ${where}` };
  const addresses = [
    ...(listed ? ofEndpoints(listed, portName) : []),
    ...slices.flatMap((each) => ofSlice(each, portName)),
  ];
  if (addresses.length > 0) return { addresses };
  const named = JSON.stringify(portName);
  return { reason: 'MissingEndpoints', message: `endpoints for ${where} have no addresses with port name ${named}` };
}

function slicesOf(store: Store, namespace: string, name: string): KubeObject[] {
  const found: KubeObject[] = [];
  for (const slice of store.scan(endpointSlices.stored, namespace))
    if (slice.metadata.labels?.[serviceNameLabel] === name) found.push(slice);
  return found;
}

interface NamedPort {
  name?: string;
  port?: number;
}

function ofEndpoints({ subsets = [] }: KubeObject, portName: string): Address[] {
  return (subsets as { addresses?: { ip: string }[]; ports?: NamedPort[] }[]).flatMap(
    ({ addresses = [], ports = [] }) =>
      withPort(
        addresses.map(({ ip }) => ip),
        ports,
        portName,
      ),
  );
}

function ofSlice({ endpoints: held = [], ports = [] }: KubeObject, portName: string): Address[] {
  const ready = (held as { addresses: string[]; conditions?: { ready?: boolean } }[]).filter(
    ({ conditions }) => conditions?.ready !== false,
  );
  return withPort(
    ready.flatMap(({ addresses }) => addresses.slice(0, 1)),
    ports,
    portName,
  );
}

function withPort(hosts: readonly string[], ports: readonly NamedPort[], portName: string): Address[] {
  const port = ports.find(({ name }) => (name ?? '') === portName)?.port;
  return port === undefined ? [] : hosts.map((host) => ({ host, port }));
}
