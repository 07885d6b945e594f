import type { KubeObject } from '../../kubernetes/client/client.ts';
import type { ScrapeSettings } from './settings.ts';

/** Where a node's resource metrics are. */
export interface Endpoint {
  host: string;
  port: number;
  path: string;
}

/** What is kept of a Node. */
export interface NodeFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Undefined: no address of a preferred type. */
  endpoint: Endpoint | undefined;
  /** As the API server writes it; says which of two nodes is the younger. */
  createdAt: string;
  isReady: boolean;
}

const pathAnnotation = 'metrics.k8s.io/resource-metrics-path';
const defaultPath = '/metrics/resource';
const pathLengthMax = 1024;
/** A name or an address; it goes into the request's head as it is. */
const hostPattern = /^[A-Za-z0-9._:%-]{1,253}$/;

export function nodeFactsOf(node: KubeObject, settings: ScrapeSettings): NodeFacts {
  const { name, labels = {}, annotations = {}, creationTimestamp = '' } = node.metadata;
  const conditions: { type?: string; status?: string }[] = node.status?.conditions ?? [];
  const host = hostOf(node, settings.addressTypes);
  return {
    name,
    labels,
    endpoint: host === undefined ? undefined : { host, port: portOf(node, settings), path: pathOf(annotations) },
    createdAt: creationTimestamp,
    isReady: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
  };
}

function hostOf(node: KubeObject, addressTypes: readonly string[]): string | undefined {
  const addresses: { type?: string; address?: string }[] = node.status?.addresses ?? [];
  for (const wanted of addressTypes) {
    const found = addresses.find(({ type, address = '' }) => type === wanted && hostPattern.test(address));
    if (found) return found.address;
  }
  return undefined;
}

function portOf(node: KubeObject, settings: ScrapeSettings): number {
  const port: unknown = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const usable = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return settings.useNodeStatusPort && usable ? port : settings.kubeletPort;
}

/** The annotation's path; as a whole path, never another host, and only of what may stand in one. */
function pathOf(annotations: Record<string, string>): string {
  const path = annotations[pathAnnotation];
  if (!path || path.length > pathLengthMax) return defaultPath;
  return encodeURI(path.startsWith('/') ? path : `/${path}`)
    .replaceAll('?', '%3F')
    .replaceAll('#', '%23');
}
