import type { KubeObject, KubernetesClient, RequestOptions } from '../../kubernetes/client/client.ts';
import { ApiError, isApiError } from '../../kubernetes/client/status.ts';
import { type Amounts, amounts } from './amounts.ts';
import { listAll } from './collection.ts';

const base = '/apis/metrics.k8s.io/v1beta1';

export interface Selection {
  /** Undefined: all. */
  namespace?: string | undefined;
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface NodeUsage {
  name: string;
  timestamp: string;
  window: string;
  usage: Amounts;
}

export interface PodUsage {
  namespace: string;
  name: string;
  timestamp: string;
  window: string;
  containers: { name: string; usage: Amounts }[];
}

/** Rejects with this where no server is registered for the group, as kubectl does. */
export class NoMetricsApi extends Error {
  constructor() {
    super('Metrics API not available');
  }
}

/** The group is there, and whoever should answer for it does not. */
export class MetricsUnavailable extends Error {
  constructor(resource: string) {
    super(`the server is currently unable to handle the request (get ${resource}.metrics.k8s.io)`);
  }
}

/** Rejects with NoMetricsApi, or as `request` does. */
export async function requireMetricsApi(client: KubernetesClient, signal?: AbortSignal): Promise<void> {
  interface Groups {
    groups?: { name: string; versions: { version: string }[] }[];
  }
  const { groups = [] } = await client.request<Groups & KubeObject>('/apis', withSignal(signal));
  const group = groups.find(({ name }) => name === 'metrics.k8s.io');
  if (!group?.versions.some(({ version }) => version === 'v1beta1')) throw new NoMetricsApi();
}

export async function nodeUsages(
  client: KubernetesClient,
  { name, labelSelector }: Selection,
  signal?: AbortSignal,
): Promise<NodeUsage[]> {
  const path = `${base}/nodes`;
  return answered(client, 'nodes', async () => {
    if (name === undefined) return listAll(client, path, { labelSelector }, nodeUsage, signal);
    return [nodeUsage(await client.request(`${path}/${encodeURIComponent(name)}`, withSignal(signal)))];
  });
}

export async function podUsages(
  client: KubernetesClient,
  { namespace, name, labelSelector, fieldSelector }: Selection,
  signal?: AbortSignal,
): Promise<PodUsage[]> {
  const path = podsPath(base, namespace);
  return answered(client, 'pods', async () => {
    if (name === undefined) return listAll(client, path, { labelSelector, fieldSelector }, podUsage, signal);
    return [podUsage(await client.request(`${path}/${encodeURIComponent(name)}`, withSignal(signal)))];
  });
}

/** kubectl does not see a group at all that its API server calls unavailable; one that merely fails to answer it does. */
async function answered<T>(client: KubernetesClient, resource: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isApiError(error, 503)) throw error;
    const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';
    const apiService = await client.request(path).catch(() => undefined);
    const conditions: { type: string; status: string }[] = apiService?.status?.conditions ?? [];
    const available = conditions.find(({ type }) => type === 'Available');
    throw available?.status === 'False' ? new NoMetricsApi() : new MetricsUnavailable(resource);
  }
}

export function podsPath(base: string, namespace: string | undefined): string {
  return namespace === undefined ? `${base}/pods` : `${base}/namespaces/${encodeURIComponent(namespace)}/pods`;
}

/** Why something has no figures. */
export interface Reason {
  served: boolean;
  reason: string;
  message: string;
}

/** Undefined where the server does not say: metrics-server knows no such question. `path` is below the group's version. */
export async function askWhy(
  client: KubernetesClient,
  path: string,
  signal?: AbortSignal,
): Promise<Reason | undefined> {
  try {
    const answer = await client.request(`${base}/${path}`, {
      query: { why: '' },
      timeoutMs: 5000,
      ...withSignal(signal),
    });
    return typeof answer.reason === 'string' ? (answer as unknown as Reason) : undefined;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

export function withSignal(signal: AbortSignal | undefined): RequestOptions {
  return signal ? { signal } : {};
}

function nodeUsage({ metadata, timestamp = '', window = '', usage }: KubeObject): NodeUsage {
  return { name: metadata.name, timestamp, window, usage: amounts(usage) };
}

function podUsage({ metadata, timestamp = '', window = '', containers }: KubeObject): PodUsage {
  const listed: { name: string; usage?: Record<string, unknown> }[] = containers ?? [];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    timestamp,
    window,
    containers: listed.map(({ name, usage }) => ({ name, usage: amounts(usage) })),
  };
}
