/** An extension server for tests: computed resources behind TLS, which believes whom the cluster's ConfigMap says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { openPki } from '../../../kubernetes/pki/pki.ts';
import { createSchemas } from '../../../kubernetes/schema/registry.ts';
import {
  type ApiServer,
  createAuthentication,
  createResourceVersion,
  defaultLimits,
  nameColumn,
  notFound,
  type Resource,
  startApiServer,
  type UserInfo,
} from '../../../kubernetes/serve/serve.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import type { ControlPlaneOptions } from '../control.ts';
import { type StartedPlane, startPlane } from '../started-plane.ts';

export const metricsGroup = 'metrics.k8s.io';
export const metricsPath = '/apis/metrics.k8s.io/v1beta1';

export interface ExtensionUnderTest {
  server: ApiServer;
  port: number;
  /** PEM of the authority of its serving certificate, as an APIService takes it. */
  caBundle: string;
  /** Of each request that got through authentication. */
  seen: { user: UserInfo; headers: IncomingHttpHeaders; path: string }[];
}

type Cleanup = { after(end: () => unknown): void };

export interface ExtensionOptions {
  /** Names in its certificate. */
  hosts?: string[];
  allowed?: (user: UserInfo) => boolean;
  items?: { nodes?: KubeObject[]; pods?: KubeObject[] };
}

const openApiPage = {
  openapi: '3.0.0',
  info: { title: 'metrics', version: 'v1' },
  paths: {
    [`${metricsPath}/nodes`]: {
      get: {
        responses: {},
        'x-kubernetes-action': 'list',
        'x-kubernetes-group-version-kind': { group: metricsGroup, version: 'v1beta1', kind: 'NodeMetrics' },
      },
    },
  },
  components: {
    schemas: {
      'example.NodeMetrics': {
        type: 'object',
        description: 'What a node uses.',
        properties: { window: { type: 'string', description: 'How long it was measured.' } },
        'x-kubernetes-group-version-kind': [{ group: metricsGroup, version: 'v1beta1', kind: 'NodeMetrics' }],
      },
    },
  },
};

const pointOf = (name: string, namespace?: string): KubeObject => ({
  metadata: { name, ...(namespace ? { namespace } : {}), creationTimestamp: '2026-01-01T00:00:00Z' },
  timestamp: '2026-01-01T00:00:00Z',
  window: '15s',
  ...(namespace
    ? { containers: [{ name: 'a', usage: { cpu: '250m', memory: '64Mi' } }] }
    : { usage: { cpu: '1500m', memory: '2Gi' } }),
});

/** `configuration` is the data of kube-system/extension-apiserver-authentication. */
export async function startExtension(
  t: Cleanup,
  configuration: Record<string, string>,
  options: ExtensionOptions = {},
): Promise<ExtensionUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-extension-'));
  const pki = await openPki(directory, systemClock);
  const ca = configuration['requestheader-client-ca-file']!;
  const seen: ExtensionUnderTest['seen'] = [];
  const authenticate = createAuthentication({
    clientCa: configuration['client-ca-file']!,
    requestHeader: { ca, allowedNames: JSON.parse(configuration['requestheader-allowed-names']!) },
  });
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    certificate: await pki.server('serving', options.hosts ?? ['metrics-server.kube-system.svc']),
    clientCas: [ca, configuration['client-ca-file']!],
    authenticate: async (incoming) => {
      const user = await authenticate(incoming);
      seen.push({ user, headers: incoming.headers, path: incoming.url ?? '' });
      return user;
    },
    authorize: (user) => ({ allowed: options.allowed?.(user) ?? true, reason: '' }),
    versions: [
      createResourceVersion({
        group: metricsGroup,
        version: 'v1beta1',
        resources: [
          computed('NodeMetrics', 'nodes', false, options.items?.nodes ?? [pointOf('node-1')]),
          computed('PodMetrics', 'pods', true, options.items?.pods ?? [pointOf('web', 'default')]),
        ],
        limits: defaultLimits,
        onWatchCut: () => {},
      }),
    ],
    versionInfo: { major: '1' },
    schemas: createSchemas(),
    openApi: { v2: () => ({}), v2Protobuf: () => Buffer.alloc(0), v3: () => openApiPage },
    log: silentLogger,
    metrics: new MetricsRegistry(),
    clock: systemClock,
  });
  t.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { server, port: server.port, caBundle: Buffer.from(pki.ca).toString('base64'), seen };
}

function computed(kind: string, plural: string, namespaced: boolean, items: readonly KubeObject[]): Resource {
  const info = {
    group: metricsGroup,
    version: 'v1beta1',
    kind,
    plural,
    singular: '',
    shortNames: [],
    categories: [],
    namespaced,
    verbs: ['get', 'list', 'watch', 'create'],
    subresources: [],
  };
  return {
    info,
    columns: [nameColumn],
    backing: {
      get: async (_, { name }) => {
        const found = items.find(({ metadata }) => metadata.name === name);
        if (!found) throw notFound(info, name);
        return found;
      },
      list: async (_, { namespace }) => ({
        items: items.filter(({ metadata }) => namespace === '' || metadata.namespace === namespace),
        resourceVersion: '',
      }),
      create: async (_, __, object) => object,
      watch: (_, __, ___, sink) => {
        for (const item of items) sink.event('ADDED', { apiVersion: `${metricsGroup}/v1beta1`, kind, ...item });
        return { resourceVersion: () => '1', stop: () => {} };
      },
    },
  };
}

/** What somebody who runs an extension server on this machine creates: a service, its address, and the APIService. */
export function registration(
  { port, caBundle }: Pick<ExtensionUnderTest, 'port' | 'caBundle'>,
  { group = metricsGroup, version = 'v1beta1', name = 'metrics-server' } = {},
) {
  const namespace = 'kube-system';
  return {
    service: {
      path: `/api/v1/namespaces/${namespace}/services`,
      body: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: { ports: [{ name: 'https', port: 443, targetPort: port }] },
      },
    },
    endpoints: {
      path: `/api/v1/namespaces/${namespace}/endpoints`,
      body: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name, namespace },
        subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port }] }],
      },
    },
    apiService: {
      path: '/apis/apiregistration.k8s.io/v1/apiservices',
      body: {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `${version}.${group}` },
        spec: {
          group,
          version,
          service: { namespace, name },
          caBundle,
          groupPriorityMinimum: 100,
          versionPriority: 100,
        },
      },
    },
  };
}

/** Asks until the answer is not undefined. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 10_000): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await once(AbortSignal.timeout(20), 'abort');
  }
}

/** What every extension server reads first. */
const configurationPath = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
export const apiServicePath = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';

export async function create({ call }: StartedPlane, { path, body }: { path: string; body: object }): Promise<void> {
  const { code, text } = await call('POST', path, { body });
  assert.equal(code, 201, text);
}

async function condition({ call }: StartedPlane): Promise<{ status: string; reason: string; message: string }> {
  return (await call('GET', apiServicePath)).body.status?.conditions?.[0] ?? { status: 'Unknown' };
}

export function untilReason(plane: StartedPlane, reason: string) {
  return eventually(`the API service says ${reason}`, async () => {
    const found = await condition(plane);
    return found.reason === reason ? found : undefined;
  });
}

export async function startBoth(
  t: Cleanup,
  options: ExtensionOptions = {},
  settings: Partial<ControlPlaneOptions> = {},
): Promise<{ plane: StartedPlane; extension: ExtensionUnderTest }> {
  const plane = await startPlane(t, settings);
  const extension = await startExtension(t, (await plane.call('GET', configurationPath)).body.data, options);
  return { plane, extension };
}

export async function startRegistered(
  t: Cleanup,
  options: ExtensionOptions = {},
  settings: Partial<ControlPlaneOptions> = {},
) {
  const both = await startBoth(t, options, settings);
  const { service, endpoints, apiService } = registration(both.extension);
  for (const each of [service, endpoints, apiService]) await create(both.plane, each);
  await untilReason(both.plane, 'Passed');
  return both;
}
