import { type Clock, systemClock } from '../../base/clock.ts';
import { createHttpServer } from '../../http/http.ts';
import type { Principal } from '../../http/principal.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { Labels } from '../query/query.ts';
import { defaultQuerySettings, LocalEngine, type QuerySettings, registerSeriesApi, type Targets } from './serve.ts';
import { StoreUnderTest } from './store-under-test.ts';

export interface ApiUnderTest {
  url: string;
  store: StoreUnderTest;
  engine: LocalEngine;
  metrics: MetricsRegistry;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the answer holds is what the test looks at
  json: any;
}

export interface ApiOptions {
  query?: Partial<QuerySettings>;
  principal?: Partial<Principal>;
  adminApi?: boolean;
  targets?: Targets;
  clock?: Clock;
}

/** The API over a store in memory, on a port of its own. */
export async function startApiUnderTest(options: ApiOptions = {}): Promise<ApiUnderTest> {
  const store = new StoreUnderTest();
  const metrics = new MetricsRegistry();
  const parts = { clock: options.clock ?? systemClock, log: silentLogger, metrics };
  const query = { ...defaultQuerySettings, ...options.query };
  const engine = new LocalEngine({ store, settings: query, ...parts });
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ready: () => true, log: silentLogger, metrics });
  const principal = { name: 'someone', tenant: 'test', roles: ['reader', 'agent', 'admin'], namespaces: '*' } as const;
  registerSeriesApi(server.app, {
    engine,
    writer: store,
    source: store,
    deleteSeries: store.deleteSeries.bind(store),
    status: () => store.status(),
    principalOf: () => ({ ...principal, ...options.principal }),
    settings: { query, adminApi: options.adminApi ?? false, retentionMs: null },
    ...(options.targets && { targets: options.targets }),
    ...parts,
  });
  const url = await server.listen();
  return {
    url,
    store,
    engine,
    metrics,
    async get(path, headers = {}) {
      return answerOf(await fetch(`${url}${path}`, { headers }));
    },
    async close() {
      await engine.close();
      await server.close();
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

/** Puts samples at the given times into the store. */
export async function fill(
  store: StoreUnderTest,
  labels: Record<string, string>,
  samples: readonly (readonly [timeMs: number, value: number])[],
  tenant = 'test',
): Promise<void> {
  const { refs } = store.series(tenant, [Labels.of(labels)]);
  await store.append(tenant, {
    refs: new Float64Array(samples.length).fill(refs[0]!),
    timestampsMs: Float64Array.from(samples, ([timeMs]) => timeMs),
    values: Float64Array.from(samples, ([, value]) => value),
    length: samples.length,
  });
}
