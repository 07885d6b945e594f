import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../../base/clock.ts';
import { Fault } from '../../../base/fault.ts';
import { type Principal, tenantNamed } from '../../../http/http.ts';
import type { Logger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import type { LogStore, Scope } from '../../store/store.ts';
import type { ScanThreads } from '../source/scan/scan-threads.ts';
import type { LokiSettings } from './settings.ts';
import type { RunningQueries } from './running-queries.ts';

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

/** Aborts when the client goes away before its answer is complete. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
