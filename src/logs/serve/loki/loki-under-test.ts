import { systemClock } from '../../../base/clock.ts';
import { createHttpServer } from '../../../http/http.ts';
import type { Principal } from '../../../http/principal.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import { openTestStore, temporaryDirectory } from '../../store/store-fixture.ts';
import { Cluster, tenant } from '../server-under-test.ts';
import { type LokiApiParts, registerLokiApi } from './loki.ts';

/* Loki's API over a real store, asked over HTTP by whoever the test says. */

/** The first second of 2024, from which the cluster's seconds count. */
export const epochMs = Date.UTC(2024, 0, 1);
/** Clocks stand here: an hour before it is the start of 2024. */
export const nowMs = epochMs + 3_600_000;

export interface LokiAnswer {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
  json: any;
}

export interface LokiUnderTest {
  cluster: Cluster;
  url: URL;
  metrics: MetricsRegistry;
  /** The next requests come from this one. */
  principal: Principal;
  get(path: string, parameters?: Record<string, string>, headers?: Record<string, string>): Promise<LokiAnswer>;
  post(path: string, form: Record<string, string>): Promise<LokiAnswer>;
  close(): Promise<void>;
}

export const reader: Principal = { name: 'somebody', tenant, roles: ['reader'], namespaces: '*' };

export async function startLoki(parts: Partial<LokiApiParts> = {}): Promise<LokiUnderTest> {
  const directory = temporaryDirectory();
  const metrics = new MetricsRegistry();
  const store = await openTestStore(directory.path);
  const http = createHttpServer({ host: '127.0.0.1', port: 0, log: silentLogger, metrics, ready: () => true });
  const clock = { ...systemClock, nowMs: () => nowMs };
  const principalOf = () => running.principal;
  registerLokiApi(http.app, { store, principalOf, log: silentLogger, metrics, clock, ...parts });
  const url = new URL(await http.listen());
  const call = async (path: string, init: RequestInit): Promise<LokiAnswer> => {
    const answer = await fetch(new URL(`/loki/api/v1/${path}`, url), init);
    const text = await answer.text();
    return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
  const running: LokiUnderTest = {
    cluster: new Cluster(store),
    url,
    metrics,
    principal: reader,
    get: (path, parameters = {}, headers = {}) => call(`${path}?${new URLSearchParams(parameters)}`, { headers }),
    post: (path, form) => call(path, { method: 'POST', body: new URLSearchParams(form) }),
    async close() {
      await http.close();
      await store.close();
      directory.remove();
    },
  };
  return running;
}
