/** The Metrics API with given figures, behind delegated authentication and the sandbox's aggregation layer, in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createClient } from '../../src/kubernetes/client/http-client.ts';
import { startDelegation } from '../../src/kubernetes/delegate/delegate.ts';
import { openPki } from '../../src/kubernetes/pki/pki.ts';
import { startApiServer } from '../../src/kubernetes/serve/serve.ts';
import type { ResourceMetrics } from '../../src/resources/resources.ts';
import { createMetricsVersion, metricsOpenApi, metricsPage, whyPage } from '../../src/resources/serve/serve.ts';
import { registration } from '../../src/sandbox/control/aggregation/extension-under-test.ts';
import { type ControlPlane, startControlPlane } from '../../src/sandbox/control/control.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { atEnd, type Cleanup, until } from './processes.ts';

export interface MetricsApi {
  plane: ControlPlane;
  url: string;
  scratch: string;
}

export async function startMetricsApi(t: Cleanup, metrics: ResourceMetrics): Promise<MetricsApi> {
  const scratch = mkdtempSync(join(tmpdir(), 'taffrail-metrics-api-'));
  atEnd(t, () => rmSync(scratch, { recursive: true, force: true }));
  const registry = new MetricsRegistry();
  const parts = { log: silentLogger, metrics: registry, clock: systemClock };
  const plane = await startControlPlane({ dataDir: join(scratch, 'plane'), host: '127.0.0.1', port: 0, ...parts });
  atEnd(t, () => plane.close());
  const pki = await openPki(join(scratch, 'pki'), systemClock);
  const client = createClient(plane.access);
  const delegation = startDelegation({ authentication: client, authorization: client, ...parts });
  await delegation.lookedUp;
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    certificate: await pki.server('metrics', ['127.0.0.1', 'metrics-server.kube-system.svc']),
    clientCas: delegation.clientCas(),
    authenticate: delegation.authenticate,
    authorize: delegation.authorize,
    authorizesPaths: true,
    allowAnonymous: true,
    versions: [createMetricsVersion({ metrics, registry, clock: systemClock })],
    pages: [metricsPage(registry), whyPage(metrics)],
    openApi: metricsOpenApi,
    versionInfo: {},
    ...parts,
  });
  atEnd(t, async () => {
    await server.close();
    delegation.close();
    client.close();
  });
  const caBundle = Buffer.from(pki.ca).toString('base64');
  const registered = registration({ port: server.port, caBundle });
  for (const { path, body } of [registered.service, registered.endpoints, registered.apiService])
    await client.request(path, { method: 'POST', body });
  await until('the Metrics API is available', async () => {
    const { status } = await client.request(`${registered.apiService.path}/v1beta1.metrics.k8s.io`);
    return status?.conditions?.some((each: { status: string }) => each.status === 'True');
  });
  return { plane, url: server.url, scratch };
}
