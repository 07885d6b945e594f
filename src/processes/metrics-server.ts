import type { Clock } from '../base/clock.ts';
import { version } from '../base/version.ts';
import type { ClusterAccess } from '../kubernetes/client/client.ts';
import { createClient } from '../kubernetes/client/http-client.ts';
import { type Delegation, type DelegationSettings, startDelegation } from '../kubernetes/delegate/delegate.ts';
import {
  type ApiServer,
  type ApiServerOptions,
  type HealthCheck,
  healthPage,
  startApiServer,
  type TlsSettings,
} from '../kubernetes/serve/serve.ts';
import type { ResourceScraper } from '../resources/resources.ts';
import { type ScrapeSettings, startResourceScraper } from '../resources/scrape/scrape.ts';
import { createMetricsVersion, metricsOpenApi, metricsPage, whyPage } from '../resources/serve/serve.ts';
import type { Logger, MetricsRegistry } from '../telemetry/telemetry.ts';
import { type CertificateSource, ServingCertificate } from './serving-certificate.ts';

export interface MetricsServerSettings {
  /** Empty: every address of this machine. */
  host: string;
  /** 0: any free one. */
  port: number;
  certificate: CertificateSource;
  /** Nodes, pods and kubelets. */
  access: ClusterAccess;
  /** Who somebody is, and what they may do: where to ask. Undefined: as `access`. */
  authenticationAccess?: ClusterAccess;
  authorizationAccess?: ClusterAccess;
  scrape: ScrapeSettings;
  delegation?: Partial<DelegationSettings>;
  tls?: TlsSettings;
}

export interface MetricsServerParts {
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  random: () => number;
  /** Gives garbage back at once; see low-memory.ts. */
  relieve?: () => void;
}

export interface RunningMetricsServer {
  url: string;
  port: number;
  /** Rejects where it cannot go on: with Fault `forbidden` where it may not learn whom to believe. */
  failed: Promise<never>;
  close(): Promise<void>;
}

/** Scrapes, keeps a window, serves it; listening before the first scrape. Throws Fault `usage`, or as listening does. */
export async function startMetricsServer(
  settings: MetricsServerSettings,
  parts: MetricsServerParts,
): Promise<RunningMetricsServer> {
  const closers = new AsyncDisposableStack();
  try {
    return await start(settings, parts, closers);
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

/** What is begun is left to `closers`, also where it fails. */
async function start(
  settings: MetricsServerSettings,
  parts: MetricsServerParts,
  closers: AsyncDisposableStack,
): Promise<RunningMetricsServer> {
  const certificate = await ServingCertificate.open(settings.certificate, parts.log, parts.clock);
  closers.defer(() => certificate.close());
  const clients = createClients(settings);
  for (const client of new Set(Object.values(clients))) closers.defer(() => client.close());
  const delegation = startDelegation({ ...clients, ...parts, ...given('settings', settings.delegation) });
  closers.defer(() => delegation.close());
  const scraper = startResourceScraper({ client: clients.client, settings: settings.scrape, ...parts });
  closers.defer(() => scraper.close());
  const server = await listen(settings.host, serverOptions(settings, parts, certificate, delegation, scraper));
  closers.defer(() => server.close());
  certificate.onChange((pair) => server.setCertificate(pair));
  delegation.onClientCas((clientCas) => server.setClientCas(clientCas));
  parts.log.info('serving the Metrics API', { url: server.url, version });
  return {
    url: server.url,
    port: server.port,
    failed: failure(delegation),
    close: () => closers.disposeAsync(),
  };
}

/** One client for all, but where flags name other access. */
function createClients({ access, authenticationAccess, authorizationAccess }: MetricsServerSettings) {
  const client = createClient(access);
  return {
    client,
    authentication: authenticationAccess ? createClient(authenticationAccess) : client,
    authorization: authorizationAccess ? createClient(authorizationAccess) : client,
  };
}

function serverOptions(
  settings: MetricsServerSettings,
  parts: MetricsServerParts,
  certificate: ServingCertificate,
  delegation: Delegation,
  scraper: ResourceScraper,
): Omit<ApiServerOptions, 'host'> {
  return {
    port: settings.port,
    certificate: certificate.current,
    clientCas: delegation.clientCas(),
    authenticate: delegation.authenticate,
    authorize: delegation.authorize,
    authorizesPaths: true,
    allowAnonymous: true,
    versions: [createMetricsVersion({ metrics: scraper, registry: parts.metrics, clock: parts.clock })],
    pages: [...healthPages(scraper, delegation, parts.log), metricsPage(parts.metrics), whyPage(scraper)],
    openApi: metricsOpenApi,
    versionInfo: { major: '1', minor: '33', gitVersion: `v${version}`, platform: process.platform },
    ...given('tls', settings.tls),
    ...parts,
  };
}

function healthPages(scraper: ResourceScraper, delegation: Delegation, log: Logger) {
  const ping: HealthCheck = { name: 'ping', failure: () => undefined };
  // Their names are metrics-server's.
  const storage: HealthCheck = { name: 'metric-storage-ready', failure: () => wrongOf(scraper.ready()) };
  const collection: HealthCheck = { name: 'metric-collection-timely', failure: () => wrongOf(scraper.timely()) };
  const authentication: HealthCheck = { name: 'authentication-config', failure: () => delegation.missing() };
  const told = (check: string, failure: string) => log.info('a health check fails', { check, failure });
  return [
    healthPage('/readyz', [ping, storage, authentication], told),
    healthPage('/livez', [ping, collection], told),
    healthPage('/healthz', [ping], told),
  ];
}

const wrongOf = (state: true | string): string | undefined => (state === true ? undefined : state);

/** Every address is `::`, which takes IPv4 as well, or 0.0.0.0 on a machine without IPv6. */
async function listen(host: string, options: Omit<ApiServerOptions, 'host'>): Promise<ApiServer> {
  if (!['', '0.0.0.0', '::'].includes(host)) return startApiServer({ ...options, host });
  try {
    return await startApiServer({ ...options, host: '::' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error;
    return startApiServer({ ...options, host: '0.0.0.0' });
  }
}

function failure(delegation: Delegation): Promise<never> {
  const failed = new Promise<never>((_, reject) => delegation.lookedUp.catch(reject));
  failed.catch(() => {});
  return failed;
}

function given<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
