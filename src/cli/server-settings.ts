import { readFileSync } from 'node:fs';
import type { Option } from 'commander';
import { Fault } from '../base/fault.ts';
import type { SeriesSettings } from '../processes/series.ts';
import type { ServerSettings } from '../processes/server.ts';
import type { ScrapeConfig } from '../series/scrape/scrape.ts';
import { defaultSeriesSettings } from '../series/store/open.ts';
import { type KubeletFlags, kubeletAccess } from './kubelet-settings.ts';
import { type LogqlSettingFlags, logqlOptions, logqlSettings } from './logql-settings.ts';
import { type QueryFlags, queryOptions, querySettings } from './query-settings.ts';
import { setting } from './settings.ts';
import { bytes, durationMs, port, url, wholeNumber } from './values.ts';

const dayMs = 86_400_000;
const gibibyte = 2 ** 30;

/** What both `server` and `up` can be told about the people's port and the store. */
export function storeSettings(scrapeIntervalMs: number): Option[] {
  return [
    setting('--data-dir <dir>', 'where everything is kept', { default: '.taffrail' }),
    setting('--port <port>', 'port for people and tools; 0 takes any free one', { parse: port, default: 7100 }),
    setting('--retention <duration>', 'how long lines are kept; 0 keeps them for ever', {
      parse: durationMs,
      default: 7 * dayMs,
      shown: '7d',
    }),
    setting('--retention-size <size>', 'how much disk the store may take; 0 sets no limit', {
      parse: bytes,
      default: 10 * gibibyte,
      shown: '10Gi',
    }),
    setting('--series-retention <duration>', 'how long samples are kept; 0 keeps them for ever', {
      parse: durationMs,
      default: 15 * dayMs,
      shown: '15d',
    }),
    setting('--series-retention-size <size>', 'how much disk the series may take; 0 sets no limit', {
      parse: bytes,
      default: 10 * gibibyte,
      shown: '10Gi',
    }),
    setting('--series-max <n>', 'series of one tenant with a sample in the last hours; further ones are refused', {
      parse: wholeNumber(1, 100_000_000),
      default: defaultSeriesSettings.limits.seriesMax,
    }),
    setting('--series-out-of-order-window <duration>', 'how much older than the newest sample another may be', {
      parse: durationMs,
      default: defaultSeriesSettings.outOfOrderWindowMs,
      shown: '30m',
    }),
    setting(
      '--series-url <url>',
      'keep series in this Prometheus, Mimir, Thanos or VictoriaMetrics, and query them there',
      { parse: url },
    ),
    setting('--series-tenant-header <name>', 'header that names the tenant there, as X-Scope-OrgID does for Mimir'),
    setting('--series-token-file <file>', 'file with the bearer token for it; read again when it changes'),
    ...logqlOptions(),
    ...queryOptions(),
    setting('--series-admin-api', 'let administrators delete series over the API'),
    setting('--scrape-config <file>', 'what to scrape, as in a prometheus.yml (default: what the cluster has)'),
    setting('--scrape-interval <duration>', 'how often, where no file says it', {
      parse: durationMs,
      default: scrapeIntervalMs,
      shown: `${scrapeIntervalMs / 1000}s`,
    }),
  ];
}

/** What only a server of its own can be told: how other machines reach it. */
export function listenerSettings(): Option[] {
  return [
    setting('--host <address>', 'address to listen on; anything but loopback wants --tokens-file', {
      default: '127.0.0.1',
    }),
    setting('--tokens-file <file>', 'YAML file of bearer tokens and what each may do'),
    setting('--tls-cert <file>', 'certificate to serve with, PEM'),
    setting('--tls-key <file>', 'its private key, PEM'),
  ];
}

export interface StoreFlags extends QueryFlags, LogqlSettingFlags {
  dataDir: string;
  port: number;
  retention: number;
  retentionSize: number;
  seriesRetention: number;
  seriesRetentionSize: number;
  seriesMax: number;
  seriesOutOfOrderWindow: number;
  seriesUrl?: URL;
  seriesTenantHeader?: string;
  seriesTokenFile?: string;
  seriesAdminApi?: boolean;
  scrapeConfig?: string;
  scrapeInterval: number;
}

export interface ListenerFlags {
  host: string;
  tokensFile?: string;
  tlsCert?: string;
  tlsKey?: string;
}

export function serverSettings(flags: StoreFlags & ListenerFlags): ServerSettings {
  const { tlsCert, tlsKey } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new Fault('usage', '--tls-cert and --tls-key go together');
  return {
    dataDir: flags.dataDir,
    host: flags.host,
    port: flags.port,
    ...(flags.tokensFile !== undefined && { tokensFile: flags.tokensFile }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { certFile: tlsCert, keyFile: tlsKey } }),
    retention: { ageMs: flags.retention || null, bytesMax: flags.retentionSize || null },
    series: seriesSettings(flags),
    logs: logqlSettings(flags),
  };
}

function seriesSettings(flags: StoreFlags): SeriesSettings {
  const { seriesUrl, seriesTenantHeader = null, seriesTokenFile } = flags;
  if (seriesUrl === undefined && (seriesTenantHeader !== null || seriesTokenFile !== undefined))
    throw new Fault('usage', '--series-tenant-header and --series-token-file go with --series-url');
  const headers = (): Record<string, string> =>
    seriesTokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(seriesTokenFile, 'utf8').trim()}` };
  const remote = seriesUrl && {
    url: seriesUrl,
    headers,
    tenantHeader: seriesTenantHeader,
    timeoutMs: flags.queryTimeout,
  };
  return {
    retention: { ageMs: flags.seriesRetention || null, bytesMax: flags.seriesRetentionSize || null },
    seriesMax: flags.seriesMax,
    outOfOrderWindowMs: flags.seriesOutOfOrderWindow,
    adminApi: flags.seriesAdminApi ?? false,
    query: querySettings(flags),
    ...(remote && { remote }),
  };
}

/** Throws Fault `usage` that names the file, the line and the key. */
export async function scrapeConfig(
  flags: Pick<StoreFlags, 'scrapeConfig' | 'scrapeInterval'> & KubeletFlags,
): Promise<ScrapeConfig> {
  const { defaultScrapeConfig, readScrapeConfigFile } = await import('../series/scrape/scrape.ts');
  if (flags.scrapeConfig !== undefined) {
    if (kubeletAccess(flags))
      throw new Fault(
        'usage',
        '--kubelet-… say how to scrape without --scrape-config; the file says it with tls_config',
      );
    return readScrapeConfigFile(flags.scrapeConfig);
  }
  const kubelet = kubeletAccess(flags);
  return defaultScrapeConfig({ intervalMs: flags.scrapeInterval, ...(kubelet && { kubelet }) });
}
