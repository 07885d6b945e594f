import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../../base/clock.ts';
import { Fault } from '../../../base/fault.ts';
import { msOfNanos, type Nanos } from '../../../base/nanotime.ts';
import { goneSignal, type Principal, tenantNamed } from '../../../http/http.ts';
import type { Logger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import type { LogSource } from '../../query/query.ts';
import type { Instance, LogStore, Scope } from '../../store/store.ts';
import type { ScanThreads } from '../source/scan/scan-threads.ts';
import { StoreSource } from '../source/store-source.ts';
import { type AskedQuery, noted, type RunningQueries } from './running-queries.ts';
import type { LokiSettings } from './settings.ts';

/** What every route of the API works with. */
export interface Surroundings {
  store: LogStore;
  principalOf(request: FastifyRequest): Principal;
  clock: Clock;
  log: Logger;
  metrics: MetricsRegistry;
  settings: LokiSettings;
  /** Queries that read lines: they take turns, and can be listed and ended. */
  running: RunningQueries;
  /** Where they read them. */
  threads: ScanThreads;
  /** How long the agent of a node has said nothing, where that is too long. */
  silentMs(tenant: string, node: string): number | null;
}

/** Whom an answer is for: what the principal may read, in the tenant that the request names. Throws Fault. */
export function scopeOf({ principalOf }: Pick<Surroundings, 'principalOf'>, request: FastifyRequest): Scope {
  const principal = principalOf(request);
  const { name, roles, namespaces } = principal;
  if (!roles.includes('reader') && !roles.includes('admin')) {
    throw new Fault('forbidden', `${name} may not read logs: the role "reader" is needed`);
  }
  return { tenant: tenantNamed(principal, request), namespaces };
}

/** Runs what reads lines: in its turn, listed, and ended when the client goes away or somebody ends it. */
export function runAsked<T>(
  parts: Pick<Surroundings, 'principalOf' | 'running' | 'store' | 'threads'>,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { range, ...asked }: Pick<AskedQuery, 'kind' | 'query'> & { range: { startNs: Nanos; endNs: Nanos } },
  run: (common: {
    scope: Scope;
    source: LogSource;
    signal: AbortSignal;
    instances(): readonly Instance[];
  }) => Promise<T>,
): Promise<T> {
  const scope = scopeOf(parts, request);
  const by = parts.principalOf(request).name;
  const [startMs, endMs] = [msOfNanos(range.startNs), msOfNanos(range.endNs)];
  const listed = { ...asked, startMs, endMs, by, tenant: scope.tenant };
  return parts.running.run(listed, goneSignal(reply), (signal, shown) => {
    const source = new StoreSource(parts.store, { threads: parts.threads });
    return run({ scope, signal, source: noted(source, shown), instances: () => source.instances });
  });
}
