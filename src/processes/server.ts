import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { writeFileDurably } from '../base/files.ts';
import { version } from '../base/version.ts';
import { createHttpServer, type HttpServer } from '../http/http.ts';
import { AgentContacts, registerPush, registerReceive } from '../logs/receive/receive.ts';
import { Deletes, type LokiSettings, registerLogReads, registerLokiApi } from '../logs/serve/serve.ts';
import { openStore } from '../logs/store/open.ts';
import type { LogStore } from '../logs/store/store.ts';
import type { Logger, MetricsRegistry } from '../telemetry/telemetry.ts';
import { openDataDirectory } from './data-directory.ts';
import { type RunningSeries, type SeriesSettings, startSeries } from './series.ts';
import { type ServerFile, serverFileName } from './server-file.ts';
import { registerTidy } from './tidy-route.ts';

export interface ServerSettings {
  dataDir: string;
  host: string;
  port: number;
  tokensFile?: string;
  tls?: { certFile: string; keyFile: string };
  /** Null: no limit. */
  retention: { ageMs: number | null; bytesMax: number | null };
  series: SeriesSettings;
  logs: LogQuerySettings;
}

/** How LogQL and Loki's API are answered. */
export interface LogQuerySettings {
  api: Partial<LokiSettings>;
  /** How long a delete request can be cancelled. */
  deleteCancelPeriodMs: number;
}

export interface ServerParts {
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
}

export interface RunningServer {
  url: URL;
  store: LogStore;
  series: RunningSeries;
  close(): Promise<void>;
}

interface Stores {
  logs: LogStore & { tidy(): Promise<void> };
  deletes: Deletes;
  series: RunningSeries;
}

/** Opens the stores and answers on the people's port. */
export async function startServer(settings: ServerSettings, parts: ServerParts): Promise<RunningServer> {
  const { log, metrics } = parts;
  const { dataDir, host, port, tokensFile, tls } = settings;
  openDataDirectory(dataDir);
  let stores: Stores | undefined;
  const ready = () => (stores ? readiness(stores) : 'the stores are being opened');
  // Before they are opened, so that a listener which must not be is refused with nothing touched.
  const server = createHttpServer({ host, port, tokensFile, tls, log, metrics, ready });
  const closers = new AsyncDisposableStack();
  try {
    stores = await openStores(settings, server, parts, closers);
    registerRoutes(stores, settings, server, parts);
    const url = await server.listen();
    closers.defer(() => server.close());
    const file = join(dataDir, serverFileName);
    writeFileDurably(file, `${JSON.stringify({ url, pid: process.pid } satisfies ServerFile)}\n`, 0o600);
    closers.defer(() => rmSync(file, { force: true }));
    log.info('server is ready', { url, dataDir });
    return { url: new URL(url), store: stores.logs, series: stores.series, close: () => closers.disposeAsync() };
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

function readiness({ logs, series }: Stores): true | string {
  const { refusing } = logs.status();
  if (refusing !== null) return `the store takes no lines: ${refusing}`;
  const samplesRefused = series.status()?.refusing ?? null;
  return samplesRefused === null ? true : `the store takes no samples: ${samplesRefused}`;
}

/** What is opened is left to `closers`, also where it fails. */
async function openStores(
  { dataDir, retention, logs: { deleteCancelPeriodMs }, series: seriesSettings }: ServerSettings,
  server: HttpServer,
  parts: ServerParts,
  closers: AsyncDisposableStack,
): Promise<Stores> {
  const { clock, log } = parts;
  const logs = await openStore({ dataDir, retention, ...parts });
  closers.defer(() => logs.close());
  const random = () => randomUUID().slice(0, 8);
  const deletes = new Deletes({ dataDir, store: logs, clock, log, cancelPeriodMs: deleteCancelPeriodMs, random });
  closers.defer(() => deletes.close());
  const series = await startSeries(dataDir, seriesSettings, server, parts);
  closers.defer(() => series.close());
  return { logs, deletes, series };
}

/** Those of series come with them. */
function registerRoutes(
  { logs, deletes, series }: Stores,
  settings: ServerSettings,
  { app, principalOf }: HttpServer,
  parts: ServerParts,
): void {
  const { log, metrics, clock } = parts;
  const contacts = new AgentContacts(() => clock.monotonicMs());
  const silentMs = (tenant: string, node: string) => contacts.silentMs(tenant, node);
  registerReceive(app, { store: logs, principalOf, contacts, log, metrics });
  registerPush(app, { store: logs, principalOf, nowMs: () => clock.nowMs(), log, metrics });
  registerLogReads(app, { store: deletes.store, principalOf, silentMs, log, metrics });
  registerLokiApi(app, { store: deletes.store, deletes, settings: settings.logs.api, principalOf, silentMs, ...parts });
  registerTidy(app, logs, principalOf);
  app.get('/taffrail/v1/status', async (request) => {
    const agents = contacts.list(principalOf(request).tenant);
    const uptimeSeconds = Math.round(process.uptime());
    return { version, pid: process.pid, uptimeSeconds, store: logs.status(), series: series.status(), agents };
  });
}
