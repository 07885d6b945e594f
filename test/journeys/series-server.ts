import { systemClock } from '../../src/base/clock.ts';
import { createHttpServer } from '../../src/http/http.ts';
import type { Principal } from '../../src/http/principal.ts';
import { allFeatures } from '../../src/series/query/query.ts';
import { RemoteEngine, RemoteWriter } from '../../src/series/remote/remote.ts';
import {
  defaultQuerySettings,
  LocalEngine,
  type QuerySettings,
  registerSeriesApi,
} from '../../src/series/serve/serve.ts';
import { openSeriesStore } from '../../src/series/store/open.ts';
import type { SeriesStore } from '../../src/series/store/store.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { atEnd, type Cleanup, temporaryDirectory } from './processes.ts';

/** All of the language; what queries mean is as in the Prometheus that they are held against. */
const features = { ...allFeatures, delayedNameRemoval: false, startTimestamps: false };

/** The store of series and its API on a port of loopback, in this process. */
export async function startSeriesServer(
  t: Cleanup,
  options: Partial<QuerySettings> = {},
): Promise<{ url: string; store: SeriesStore; metrics: MetricsRegistry }> {
  const metrics = new MetricsRegistry();
  const parts = { clock: systemClock, log: silentLogger, metrics };
  const dataDir = temporaryDirectory(t, 'series');
  const store = await openSeriesStore({ dataDir, ...parts });
  const query = { ...defaultQuerySettings, features, ...options };
  const engine = new LocalEngine({ store, settings: query, ...parts });
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ready: () => true, ...parts });
  registerSeriesApi(server.app, {
    engine,
    writer: store,
    source: store,
    deleteSeries: store.deleteSeries.bind(store),
    status: () => store.status(),
    principalOf: server.principalOf,
    settings: { query, adminApi: true, retentionMs: null },
    ...parts,
  });
  const url = await server.listen();
  atEnd(t, async () => {
    await server.close();
    await engine.close();
    await store.close();
  });
  return { url, store, metrics };
}

/** The same API in front of another server that keeps the series. */
export async function startRemoteSeriesServer(
  t: Cleanup,
  seriesUrl: string,
  principal: Partial<Principal> = {},
): Promise<{ url: string; engine: RemoteEngine; writer: RemoteWriter }> {
  const parts = { clock: systemClock, log: silentLogger, metrics: new MetricsRegistry() };
  const access = { url: new URL(seriesUrl), headers: () => ({}), tenantHeader: null, timeoutMs: 30_000 };
  const engine = new RemoteEngine(access);
  const writer = new RemoteWriter(access, { ...parts, random: Math.random });
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ready: () => true, ...parts });
  registerSeriesApi(server.app, {
    engine,
    writer,
    principalOf: (request) => ({ ...server.principalOf(request), ...principal }),
    settings: { query: defaultQuerySettings, adminApi: true, retentionMs: null },
    ...parts,
  });
  const url = await server.listen();
  atEnd(t, () => server.close());
  return { url, engine, writer };
}
