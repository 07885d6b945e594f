import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Principal } from '../http/principal.ts';
import type { KubernetesClient } from '../kubernetes/client/client.ts';
import { type RemoteAccess, RemoteEngine, RemoteWriter } from '../series/remote/remote.ts';
import { type ScrapeConfig, type Scraping, startScraping } from '../series/scrape/scrape.ts';
import { LocalEngine, type QuerySettings, registerSeriesApi, type Targets } from '../series/serve/serve.ts';
import { defaultSeriesSettings, openSeriesStore } from '../series/store/open.ts';
import type { SeriesStatus } from '../series/store/store.ts';
import type { ServerParts } from './server.ts';

/** The full metrics pipeline as a server runs it. */
export interface SeriesSettings {
  /** Null: no limit. */
  retention: { ageMs: number | null; bytesMax: number | null };
  /** Series of one tenant that had a sample lately. */
  seriesMax: number;
  outOfOrderWindowMs: number;
  /** Whether series may be deleted over the API. */
  adminApi: boolean;
  query: QuerySettings;
  /** Another server keeps the series: Prometheus, Mimir, Thanos, VictoriaMetrics. Then there is no store of ours. */
  remote?: RemoteAccess;
}

export interface ScrapePlan {
  config: ScrapeConfig;
  /** For what is found in a cluster. Not closed by us. */
  client?: KubernetesClient;
}

export interface RunningSeries {
  /** Undefined where another server keeps the series. */
  status(): SeriesStatus | undefined;
  /** Once: what it finds is scraped from now on. */
  scrape(plan: ScrapePlan): Promise<void>;
  close(): Promise<void>;
}

/** Whose series our own scraping makes: those that a caller without a token on loopback sees. */
const ownTenant = 'default';

/** Opens the store, or goes to the one that is there already, and registers Prometheus's API over it. */
export async function startSeries(
  dataDir: string,
  settings: SeriesSettings,
  around: { app: FastifyInstance; principalOf(request: FastifyRequest): Principal },
  parts: ServerParts,
): Promise<RunningSeries> {
  const kept = settings.remote ? keptElsewhere(settings.remote, parts) : await keptHere(dataDir, settings, parts);
  let scraping: Scraping | undefined;
  const targets = targetsOf(() => scraping);
  const { adminApi, retention, query } = settings;
  const api = { query, adminApi, retentionMs: retention.ageMs };
  registerSeriesApi(around.app, { ...parts, ...kept.api, principalOf: around.principalOf, targets, settings: api });
  return {
    status: kept.status,
    async scrape({ config, client }) {
      const { writer } = kept.api;
      scraping = await startScraping({
        ...parts,
        config,
        client,
        store: writer,
        tenant: ownTenant,
        random: Math.random,
      });
    },
    async close() {
      await scraping?.close();
      await kept.close();
    },
  };
}

async function keptHere(dataDir: string, settings: SeriesSettings, parts: ServerParts) {
  const { retention, outOfOrderWindowMs, seriesMax, query } = settings;
  const limits = { ...defaultSeriesSettings.limits, seriesMax };
  const store = await openSeriesStore({ dataDir, settings: { retention, outOfOrderWindowMs, limits }, ...parts });
  const engine = new LocalEngine({ store, settings: query, ...parts });
  const status = () => store.status();
  return {
    api: { engine, writer: store, source: store, deleteSeries: store.deleteSeries.bind(store), status },
    status,
    async close() {
      await engine.close();
      await store.close();
    },
  };
}

function keptElsewhere(access: RemoteAccess, parts: ServerParts) {
  const writer = new RemoteWriter(access, { ...parts, random: Math.random });
  return { api: { engine: new RemoteEngine(access), writer }, status: () => undefined, close: async () => {} };
}

/** What the scraping room says of its targets, as the API's room wants it. */
function targetsOf(scraping: () => Scraping | undefined): Targets {
  const all = () => scraping()?.targets();
  return {
    active: () =>
      (all()?.active ?? []).map(({ discovered, lastScrapeMs = null, lastDurationMs, ...rest }) => ({
        ...rest,
        discoveredLabels: discovered,
        lastScrapeMs,
        lastScrapeDurationMs: lastDurationMs,
      })),
    dropped: () => (all()?.dropped ?? []).map(({ pool, discovered }) => ({ pool, discoveredLabels: discovered })),
    pools: () => Object.keys(all()?.droppedCounts ?? {}),
  };
}
