import { createHttpServer, type HttpServer } from '../../http/http.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import type { Fact, GapFact, InstanceFact, PodFact } from '../batch/batch.ts';
import type { LogStore } from '../store/store.ts';
import { batch, facts, openTestStore, resolveOne, segment, temporaryDirectory } from '../store/store-fixture.ts';
import { type LogReadParts, registerLogReads } from './serve.ts';

/* A real store behind the real people's port, filled as an agent fills it. */

export const tenant = 'acme';

export interface RunFields {
  pod?: string;
  podUid?: string;
  container?: string;
  attempt?: number;
  namespace?: string;
  /** Seconds after the start of 2024, of the run's start and first line. */
  second?: number;
}

/** Invariant: `#written` says how many bytes of each instance's one file are stored. */
export class Cluster {
  readonly store: LogStore;
  #written = new Map<string, number>();

  constructor(store: LogStore) {
    this.store = store;
  }

  /** A new run of a container; returns its id. */
  async run(fields: RunFields = {}, more: Partial<InstanceFact> = {}): Promise<string> {
    const {
      pod = 'web-1',
      podUid = `uid-${pod}`,
      container = 'app',
      attempt = 0,
      namespace = 'default',
      second = 1,
    } = fields;
    const { id } = await resolveOne(this.store, {
      pod,
      namespace,
      key: { cluster: 'c', podUid, container, attempt },
      segments: [segment(second)],
    } as never);
    const startedAt = new Date(Date.UTC(2024, 0, 1) + second * 1000).toISOString();
    await this.tell({ kind: 'instance', instance: id, containerKind: 'regular', startedAt, ...more });
    return id;
  }

  /** Lines of a run, one a millisecond from `second` on. */
  async write(id: string, lines: readonly string[], second = 1): Promise<void> {
    const from = this.#written.get(id) ?? 0;
    const frame = batch(id, { from, lines, second, segment: segment(1) });
    const [result] = await this.store.append(tenant, [frame]);
    if (result?.status !== 'stored') throw new Error(`the batch was ${result?.status}`);
    this.#written.set(id, from + frame.header.textBytes);
  }

  async tell(...list: Fact[]): Promise<void> {
    await this.store.append(tenant, [facts(...list)]);
  }

  async pod(name: string, fields: Partial<PodFact> = {}): Promise<void> {
    await this.tell({
      kind: 'pod',
      cluster: 'c',
      podUid: `uid-${name}`,
      apiUid: `uid-${name}`,
      namespace: 'default',
      name,
      node: 'n1',
      labels: {},
      annotations: {},
      owners: [],
      phase: 'Running',
      reason: '',
      createdAt: '2024-01-01T00:00:00Z',
      deletedAt: null,
      ...fields,
    });
  }

  async gap(id: string, fields: Partial<GapFact> = {}): Promise<void> {
    await this.tell({
      kind: 'gap',
      instance: id,
      segment: segment(1),
      from: 1_000_000,
      to: 1_002_048,
      after: null,
      before: null,
      reason: 'rotated-away',
      noticedAt: '2024-01-01T00:00:00Z',
      ...fields,
    });
  }

  async end(id: string): Promise<void> {
    await this.tell({ kind: 'progress', instance: id, state: 'ended', lagBytes: 0 });
  }
}

export interface ServerUnderTest {
  cluster: Cluster;
  url: URL;
  metrics: MetricsRegistry;
  /** Stops answering and opens the same data directory again, on another port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startServerUnderTest(
  namespaces: '*' | string[] = '*',
  options: Pick<Partial<LogReadParts>, 'timing' | 'silentMs'> & { roles?: ('agent' | 'reader')[] } = {},
): Promise<ServerUnderTest> {
  const directory = temporaryDirectory();
  const metrics = new MetricsRegistry();
  const { roles = ['reader'], ...more } = options;
  let http: HttpServer;
  const open = async () => {
    const store = await openTestStore(directory.path);
    http = createHttpServer({ host: '127.0.0.1', port: 0, log: silentLogger, metrics, ready: () => true });
    const principalOf = () => ({ name: 'somebody', tenant, roles, namespaces });
    registerLogReads(http.app, { store, principalOf, log: silentLogger, metrics, ...more });
    return { store, url: new URL(await http.listen()) };
  };
  const shut = async () => {
    await http.close();
    await running.cluster.store.close();
  };
  const first = await open();
  const running: ServerUnderTest = {
    cluster: new Cluster(first.store),
    url: first.url,
    metrics,
    async restart() {
      await shut();
      const again = await open();
      Object.assign(running, { url: again.url });
      Object.assign(running.cluster, { store: again.store });
    },
    async close() {
      await shut();
      directory.remove();
    },
  };
  return running;
}
