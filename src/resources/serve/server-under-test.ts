import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { openPki, type Pki } from '../../kubernetes/pki/pki.ts';
import {
  type ApiServer,
  type ApiServerOptions,
  createAuthentication,
  startApiServer,
} from '../../kubernetes/serve/serve.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import type { ContainerMetrics, NodeMetrics, PodMetrics, ResourceMetrics, Usage, WhyReason } from '../resources.ts';
import { createMetricsVersion, metricsOpenApi, metricsPage, whyPage } from './serve.ts';

/** 2026-11-23T00:00:00Z and 340 ms. */
export const measuredMs = Date.UTC(2026, 10, 23) + 340;

export function usage(cpuNanocores: number, memoryBytes: number, windowMs = 15_020): Usage {
  return { timeMs: measuredMs, windowMs, cpuNanocores, memoryBytes };
}

export function pod(
  namespace: string,
  name: string,
  containers: ContainerMetrics[],
  labels: Record<string, string> = {},
): PodMetrics {
  const { timeMs, windowMs } = containers[0]!.usage;
  return { namespace, name, labels, timeMs, windowMs, containers };
}

const why = (served: boolean, missing: WhyReason) => ({
  served,
  reason: served ? ('Served' as const) : missing,
  message: served ? 'it is served' : 'it is not there',
});

/** What a scraper would hold, given. Names in `known` are of pods and nodes that are there and have no window. */
export function heldMetrics(
  pods: readonly PodMetrics[],
  nodes: readonly NodeMetrics[],
  known: readonly string[] = [],
): ResourceMetrics {
  const findPod = (namespace: string, name: string) =>
    pods.find((each) => each.namespace === namespace && each.name === name);
  const findNode = (name: string) => nodes.find((each) => each.name === name);
  return {
    pods: (namespace) => pods.filter((each) => namespace === undefined || each.namespace === namespace),
    pod: findPod,
    nodes: () => nodes,
    node: findNode,
    whyPod: (namespace, name) =>
      why(findPod(namespace, name) !== undefined, known.includes(`${namespace}/${name}`) ? 'FirstPoint' : 'NoSuchPod'),
    whyNode: (name) => why(findNode(name) !== undefined, known.includes(name) ? 'FirstPoint' : 'NoSuchNode'),
    ready: () => true,
  };
}

export interface Called {
  code: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are open objects, and tests look at what they expect
  body: any;
}

export interface MetricsUnderTest {
  server: ApiServer;
  pki: Pki;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Called>;
}

/** The Metrics API over real TLS, for anybody with a certificate of its authority. */
export async function serveMetrics(
  t: { after(end: () => unknown): void },
  metrics: ResourceMetrics,
  more: Partial<ApiServerOptions> = {},
): Promise<MetricsUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-metrics-'));
  const pki = await openPki(directory, systemClock);
  const registry = new MetricsRegistry();
  const clock = { ...systemClock, nowMs: () => measuredMs + 5000 };
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    certificate: await pki.server('server', ['127.0.0.1']),
    clientCas: [pki.ca],
    authenticate: createAuthentication({ clientCa: pki.ca }),
    authorize: () => ({ allowed: true, reason: '' }),
    versions: [createMetricsVersion({ metrics, registry, clock })],
    pages: [metricsPage(registry), whyPage(metrics)],
    openApi: metricsOpenApi,
    versionInfo: {},
    log: silentLogger,
    metrics: registry,
    clock,
    ...more,
  });
  t.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const { certificate: cert, key } = await pki.client('ann', []);
  const get: MetricsUnderTest['get'] = async (path, headers = {}, method = 'GET') => {
    const outgoing = request(`${server.url}${path}`, { ca: pki.ca, cert, key, agent: false, headers, method });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString();
    const body = text.startsWith('{') ? JSON.parse(text) : undefined;
    return { code: response.statusCode!, headers: response.headers, bytes, text, body };
  };
  return { server, pki, get };
}
