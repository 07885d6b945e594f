import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { writeFileDurably } from '../base/files.ts';
import { version } from '../base/version.ts';
import { createHttpServer } from '../http/http.ts';
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

/** Opens the store and answers on the people's port. */
export async function startServer(settings: ServerSettings, parts: ServerParts): Promise<RunningServer> {
  const { log, metrics } = parts;
  const { dataDir, tokensFile, tls } = settings;
  openDataDirectory(dataDir);
  let store: LogStore | undefined;
  let series: RunningSeries | undefined;
  const ready = () => {
    if (!store || !series) return 'the store is being opened';
    const { refusing } = store.status();
    if (refusing !== null) return `the store takes no lines: ${refusing}`;
    const samplesRefused = series.status()?.refusing ?? null;
    return samplesRefused === null ? true : `the store takes no samples: ${samplesRefused}`;
  };
  // Before the store is opened, so that a listener which must not be is refused with nothing touched.
  const server = createHttpServer({ host: settings.host, port: settings.port, tokensFile, tls, log, metrics, ready });
  const durable = await openStore({ dataDir, retention: settings.retention, ...parts });
  store = durable;
  const { app, principalOf } = server;
  const contacts = new AgentContacts(() => parts.clock.monotonicMs());
  const silentMs = (tenant: string, node: string) => contacts.silentMs(tenant, node);
  registerReceive(app, { store, principalOf, contacts, log, metrics });
  registerPush(app, { store, principalOf, nowMs: () => parts.clock.nowMs(), log, metrics });
  const opened = store;
  const deletes = await openDeletes(dataDir, opened, settings.logs, parts);
  registerLogReads(app, { store: deletes.store, principalOf, silentMs, log, metrics });
  registerLokiApi(app, { store: deletes.store, deletes, settings: settings.logs.api, principalOf, silentMs, ...parts });
  series = await startSeries(dataDir, settings.series, { app, principalOf }, parts).catch(async (error) => {
    await deletes.close();
    await opened.close();
    throw error;
  });
  const openedSeries = series;
  const close = async () => {
    await openedSeries.close();
    await deletes.close();
    await opened.close();
  };
  registerTidy(app, durable, principalOf);
  app.get('/taffrail/v1/status', async (request) => {
    const agents = contacts.list(principalOf(request).tenant);
    const uptimeSeconds = Math.round(process.uptime());
    const parts = { store: opened.status(), series: openedSeries.status(), agents };
    return { version, pid: process.pid, uptimeSeconds, ...parts };
  });
  const url = await server.listen().catch(async (error) => {
    await close();
    throw error;
  });
  const file = join(dataDir, serverFileName);
  writeFileDurably(file, `${JSON.stringify({ url, pid: process.pid } satisfies ServerFile)}\n`, 0o600);
  log.info('server is ready', { url, dataDir });
  return {
    url: new URL(url),
    store,
    series,
    async close() {
      rmSync(file, { force: true });
      await server.close();
      await close();
    },
  };
}

/** Closes the store where what was deleted cannot be read. */
async function openDeletes(
  dataDir: string,
  store: LogStore,
  { deleteCancelPeriodMs: cancelPeriodMs }: LogQuerySettings,
  { clock, log }: ServerParts,
): Promise<Deletes> {
  try {
    return new Deletes({ dataDir, store, clock, log, cancelPeriodMs, random: () => randomUUID().slice(0, 8) });
  } catch (error) {
    await store.close();
    throw error;
  }
}
