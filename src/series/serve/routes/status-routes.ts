import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { formatPrometheusDuration } from '../../../base/prometheus-duration.ts';
import { version } from '../../../base/version.ts';
import { type Features, featureNames } from '../../query/query.ts';
import type { SeriesStatus } from '../../store/store.ts';
import { ApiError } from '../answer/api-error.ts';
import { sendData } from '../answer/send.ts';
import { Parameters } from './parameters.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** The Prometheus whose API and language these are: Grafana and others choose by it what they ask for. */
export const prometheusVersion = '3.5.0';

export interface StatusParts extends Surroundings {
  /** Missing where series are kept by another server. */
  status: (() => SeriesStatus) | undefined;
  features: Features;
  lookbackMs: number;
  timeoutMs: number;
  samplesMax: number;
  retentionMs: number | null;
  adminApi: boolean;
}

/** What the server says of itself, in Prometheus's shapes; Grafana asks for some of it to know whom it talks to. */
export function registerStatusRoutes(app: FastifyInstance, parts: StatusParts): void {
  const { principalOf, clock } = parts;
  const startedMs = clock.nowMs();

  app.get('/status/buildinfo', async (request, reply) =>
    sendData(request, reply, {
      version: prometheusVersion,
      revision: `taffrail-${version}`,
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    }),
  );

  app.get('/status/runtimeinfo', async (request, reply) => {
    scopeOf(principalOf(request));
    const startTime = new Date(startedMs).toISOString();
    return sendData(request, reply, {
      startTime,
      CWD: process.cwd(),
      hostname: hostname(),
      serverTime: new Date(clock.nowMs()).toISOString(),
      reloadConfigSuccess: true,
      lastConfigTime: startTime,
      corruptionCount: 0,
      goroutineCount: 0,
      GOMAXPROCS: 0,
      GOMEMLIMIT: 0,
      GOGC: '',
      GODEBUG: '',
      storageRetention: parts.retentionMs === null ? '' : formatPrometheusDuration(parts.retentionMs),
    });
  });

  app.get('/status/flags', async (request, reply) => {
    scopeOf(principalOf(request));
    return sendData(request, reply, flagsOf(parts));
  });

  // The scrape configuration is not one file of Prometheus's form.
  app.get('/status/config', async (request, reply) => {
    scopeOf(principalOf(request));
    return sendData(request, reply, { yaml: '' });
  });

  app.get('/status/walreplay', async (request, reply) => sendData(request, reply, { min: 0, max: 0, current: 0 }));

  app.get('/status/tsdb', async (request, reply) => {
    const limit = new Parameters(request).text('limit');
    if (limit !== '' && !(Number(limit) >= 1 && /^\d+$/.test(limit))) {
      throw new ApiError('bad_data', 'limit must be a positive number');
    }
    const scope = scopeOf(principalOf(request));
    return sendData(request, reply, await tsdbStatus(parts, scope, limit === '' ? 10 : Number(limit)));
  });
}

/** Named as Prometheus names its flags, since tools look there. */
function flagsOf({ adminApi, lookbackMs, timeoutMs, samplesMax, retentionMs, features }: StatusParts) {
  const enabled = Object.keys(featureNames).filter((name) => features[featureNames[name]!]);
  return {
    'enable-feature': enabled.join(','),
    'query.lookback-delta': formatPrometheusDuration(lookbackMs),
    'query.max-samples': String(samplesMax),
    'query.timeout': formatPrometheusDuration(timeoutMs),
    'storage.tsdb.retention.time': retentionMs === null ? '0s' : formatPrometheusDuration(retentionMs),
    'web.enable-admin-api': String(adminApi),
    'web.enable-otlp-receiver': 'true',
    'web.enable-remote-write-receiver': 'true',
  };
}

/** Series that are looked at to count them. */
const countedSeriesMax = 200_000;
/** What a head covers. */
const headMs = 2 * 3_600_000;

/** Counts of the series that have samples in the last two hours, as far as the caller may see them. */
async function tsdbStatus(
  { engine, clock, status }: StatusParts,
  scope: ReturnType<typeof scopeOf>,
  limit: number,
): Promise<object> {
  const nowMs = clock.nowMs();
  const { series } = await engine.matching({
    scope,
    matchers: [],
    minMs: nowMs - headMs,
    maxMs: nowMs,
    limit: countedSeriesMax,
  });
  const byMetric = new Counts();
  const byPair = new Counts();
  const valuesOf = new Map<string, Map<string, number>>();
  for (const { names, values } of series) {
    names.forEach((name, at) => {
      const value = values[at]!;
      if (name === '__name__') byMetric.add(value);
      byPair.add(`${name}=${value}`);
      let known = valuesOf.get(name);
      if (!known) valuesOf.set(name, (known = new Map()));
      known.set(value, Buffer.byteLength(value));
    });
  }
  const sizes = [...valuesOf].map(([name, known]) => [name, [...known.values()].reduce((sum, size) => sum + size, 0)]);
  const told = status?.();
  return {
    headStats: {
      numSeries: told?.headSeries ?? series.length,
      numLabelPairs: [...valuesOf.values()].reduce((sum, known) => sum + known.size, 0),
      chunkCount: 0,
      minTime: told?.minTimeMs ?? nowMs - headMs,
      maxTime: told?.maxTimeMs ?? nowMs,
    },
    seriesCountByMetricName: byMetric.largest(limit),
    labelValueCountByLabelName: largest(
      [...valuesOf].map(([name, known]) => [name, known.size]),
      limit,
    ),
    memoryInBytesByLabelName: largest(sizes as [string, number][], limit),
    seriesCountByLabelValuePair: byPair.largest(limit),
  };
}

class Counts {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  largest(limit: number): object[] {
    return largest([...this.#counts], limit);
  }
}

function largest(counts: [string, number][], limit: number): object[] {
  return counts
    .sort(([, a], [, b]) => b - a)
    .slice(0, limit)
    .map(([name, value]) => ({ name, value }));
}
