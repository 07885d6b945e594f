import { systemClock } from '../../src/base/clock.ts';
import { createHttpServer } from '../../src/http/http.ts';
import { registerPush } from '../../src/logs/receive/receive.ts';
import type { LokiApiParts } from '../../src/logs/serve/loki/loki.ts';
import { registerLogReads, registerLokiApi } from '../../src/logs/serve/serve.ts';
import { Cluster, tenant } from '../../src/logs/serve/server-under-test.ts';
import { openTestStore } from '../../src/logs/store/store-fixture.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { atEnd, type Cleanup, type Finished, run, taffrail, temporaryDirectory } from './processes.ts';

export interface LokiServer {
  url: string;
  cluster: Cluster;
  /** Pushes lines as one JSON body of Loki's push; the times are nanoseconds. */
  push(labels: Record<string, string>, lines: readonly (readonly [timeNs: bigint, line: string])[]): Promise<void>;
  get(path: string, parameters?: Record<string, string>): Promise<Response>;
  /** The command, as a process of its own, against this server. */
  taffrail(...args: string[]): Promise<Finished & { text: string }>;
}

/** The store of lines with all of its ways in and out on a port of loopback, in this process. */
export async function startLokiServer(t: Cleanup, parts: Partial<LokiApiParts> = {}): Promise<LokiServer> {
  const metrics = new MetricsRegistry();
  const common = { clock: systemClock, log: silentLogger, metrics };
  const dataDir = temporaryDirectory(t, 'loki');
  const store = await openTestStore(dataDir);
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ready: () => true, ...common });
  const { app } = server;
  const principalOf: typeof server.principalOf = (request) => ({ ...server.principalOf(request), tenant });
  registerPush(app, { store, principalOf, nowMs: Date.now, ...common });
  registerLogReads(app, { store, principalOf, ...common });
  registerLokiApi(app, { store, principalOf, ...common, ...parts });
  const url = await server.listen();
  atEnd(t, async () => {
    await server.close();
    await store.close();
  });
  return {
    url,
    cluster: new Cluster(store),
    async push(labels, lines) {
      const values = lines.map(([timeNs, line]) => [String(timeNs), line]);
      const answer = await fetch(`${url}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams: [{ stream: labels, values }] }),
      });
      if (answer.status !== 204) throw new Error(await answer.text());
    },
    get: (path, parameters = {}) => fetch(`${url}${path}?${new URLSearchParams(parameters)}`),
    async taffrail(...args) {
      const finished = await run(taffrail, [...args, '--server', url]);
      return { ...finished, text: finished.stdout.toString() };
    },
  };
}
